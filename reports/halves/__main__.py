"""The second process: `python -m stockstorm.reports.halves FILE`. It ends when its standard input does."""

import sys
from pathlib import Path

from stockstorm.reports.halves.second import serve

if __name__ == "__main__":
    serve(Path(sys.argv[1]), sys.stdin.buffer, sys.stdout.buffer)
