"""Tells that the generator hangs, and ends it with its stacks."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from stockstorm.loadtests.config.spec import RunSpec
from stockstorm.loadtests.ipc.messages import AnyMessage
from stockstorm.loadtests.limits import GENERATOR_SILENT_MAX_S
from stockstorm.loadtests.processes import stacks
from stockstorm.simulator.errors import InternalError


class Silence:
    """How long the generator has been silent. It sends figures twice a second once the load has begun."""

    def __init__(self, spec: RunSpec) -> None:
        self._spec = spec
        self._heard_s = time.monotonic()

    def check(self, message: AnyMessage | None) -> None:
        """After each wait for a message. Raises InternalError when it was silent for too long."""
        now_s = time.monotonic()
        if message is not None:
            self._heard_s = now_s
        elif now_s - self._heard_s > GENERATOR_SILENT_MAX_S:
            raise hung(self._spec, f"it gave no sign for {GENERATOR_SILENT_MAX_S:.0f} s")


def hung(spec: RunSpec, found: str) -> InternalError:
    """The error of a generator that hangs. It does not answer the wish to stop, and is then ended with its stacks."""
    return InternalError("generator", f"it hangs: {found}", f"read {stacks_file(spec)}")


def end(spec: RunSpec, pid: int) -> None:
    """Ends it, because it must not write to the history any more. Its stacks are kept."""
    stacks.collect([stacks.Suspect("generator", pid, spec.logs / "locust.log")], stacks_file(spec))
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def stacks_file(spec: RunSpec) -> Path:
    return spec.folder / stacks.FILE
