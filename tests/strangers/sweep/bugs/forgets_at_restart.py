"""Keeps its state where a restart empties it, like a container without a volume: all orders look new then."""

import os
from pathlib import Path

from tests.strangers.sweep.service import serve

if __name__ == "__main__":
    Path(os.environ["STATE"]).unlink(missing_ok=True)
    serve()
