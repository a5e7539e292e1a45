"""The stage as a process of its own, for runs that start from plain Locust (`python -m loadtests.companion SPEC`)."""

import os
import sys
from pathlib import Path

import msgspec

from stockstorm.loadtests.config.run_spec import RunSpec
from stockstorm.loadtests.exits import exit_code_of
from stockstorm.loadtests.ipc.pipe import Pipe
from stockstorm.loadtests.orchestrator.run import make_orchestrator, report


def main() -> int:
    """Exit code as of `stockstorm run`."""
    return exit_code_of(_play)


def _play() -> int:
    spec = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=RunSpec)
    pipe = Pipe.from_environment()
    if pipe is None:
        print("companion: it is started by the locustfile, not by hand\n  → use `stockstorm run`", file=sys.stderr)
        return 3
    ended = make_orchestrator(spec, pipe).play(os.getppid(), _show, lambda _: None)
    return report(spec, ended).show()


def _show(step: str) -> None:
    print(f"stockstorm: {step}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
