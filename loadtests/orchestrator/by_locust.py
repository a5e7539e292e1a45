"""A run of a generator that a user started as plain Locust: `python -m …orchestrator.by_locust SPEC`.

Locust starts this process, which supervises the orchestrator, and judges. Its exit code is the run's.
"""

import os
import sys
from pathlib import Path

from stockstorm.loadtests.config.spec import RunSpec
from stockstorm.loadtests.invocation import exit_code_of
from stockstorm.loadtests.ipc.messages import Live
from stockstorm.loadtests.ipc.pipe import Pipe
from stockstorm.loadtests.orchestrator.run import report
from stockstorm.loadtests.orchestrator.supervisor import HandStarted, Supervisor
from stockstorm.loadtests.streams import prepare_streams
from stockstorm.simulator.errors import InternalError


def main() -> int:
    """The exit code that `stockstorm run` would have."""
    prepare_streams()
    return exit_code_of(_run)


def _run() -> int:
    spec = RunSpec.model_validate_json(Path(sys.argv[1]).read_bytes())
    pipe = Pipe.from_environment()
    if pipe is None:
        raise InternalError("orchestrator process", "only the locustfile starts it", "use `stockstorm run`")
    supervisor = Supervisor(spec, _show, _News().show, HandStarted(os.getppid(), pipe.fileno()))
    pipe.close()  # the orchestrator has it, and the generator notices when that ends
    return report(spec, supervisor.run()).show()


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
