"""The orchestrator as a process of its own, which plain Locust starts: `python -m …orchestrator.process SPEC`."""

import os
import sys
from pathlib import Path

from stockstorm.loadtests.config.run_spec import RunSpec
from stockstorm.loadtests.exits import exit_code_of
from stockstorm.loadtests.ipc.messages import Live
from stockstorm.loadtests.ipc.pipe import Pipe
from stockstorm.loadtests.orchestrator.run import make_orchestrator, report
from stockstorm.simulator.errors import InternalError


def main() -> int:
    """The exit code that `stockstorm run` would have."""
    return exit_code_of(_run)


def _run() -> int:
    spec = RunSpec.model_validate_json(Path(sys.argv[1]).read_bytes())
    pipe = Pipe.from_environment()
    if pipe is None:
        raise InternalError("orchestrator process", "only the locustfile starts it", "use `stockstorm run`")
    ending = make_orchestrator(spec, pipe).run(os.getppid(), _show, _News().show)
    return report(spec, ending).show()


def _show(step: str) -> None:
    print(f"stockstorm: {step}", file=sys.stderr, flush=True)


class _News:
    """Prints when a fault begins and ends. Locust itself shows the other figures."""

    def __init__(self) -> None:
        self._last: Live | None = None

    def show(self, figures: Live) -> None:
        news, self._last = figures.news(self._last), figures
        for line in news:
            _show(line)


if __name__ == "__main__":
    sys.exit(main())
