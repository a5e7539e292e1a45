"""Starts again what ended by itself, as a supervisor in production: processes that Stockstorm started."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from stockstorm.loadtests.limits import REVIVALS_MAX
from stockstorm.loadtests.processes.child import Child
from stockstorm.loadtests.processes.part import ChildPart
from stockstorm.simulator.config import FaultTarget
from stockstorm.simulator.errors import SubjectError
from stockstorm.simulator.history.facts import AnyFact, FaultEnded, FaultStarted, ProcessEnded
from stockstorm.simulator.history.last_words import telling

LINES_SEARCHED: Final = 60  # of a log, for the line that names the error: Node writes a stack after it
EXITED: Final = "exited by itself"  # the fault in the history


class Revival:
    """The processes by name. `target` is what faults call the process; `whose` is whose it is, for errors."""

    def __init__(self, parts: Mapping[str, ChildPart], target: Callable[[str], FaultTarget], whose: str) -> None:
        self._parts, self._target, self._whose = parts, target, whose
        self._revivals = 0
        self._recovering: set[str] = set()  # they had ended by themselves, and are not ready yet

    def revive(self, now_ns: int, is_down: Callable[[FaultTarget], bool]) -> list[AnyFact]:
        """Starts what has ended, except what a fault keeps down. Raises SubjectError when processes keep exiting."""
        facts: list[AnyFact] = []
        for name, part in self._parts.items():
            child = part.child
            if child.exit_code is None or is_down(self._target(name)):
                continue
            self._revivals += 1
            if self._revivals > REVIVALS_MAX:
                found = f"its processes exited {self._revivals} times, last with code {child.exit_code}"
                raise failed(self._whose, child, found)
            facts.append(ProcessEnded(now_ns, name, child.pid, child.exit_code, _said(child)))
            if name not in self._recovering:
                facts.append(FaultStarted(at_ns=now_ns, fault=EXITED, target=name))
            self._recovering.add(name)
            child.forget()  # it is dealt with
            part.start()
        return [*facts, *self._recovered()]

    def _recovered(self) -> Iterator[AnyFact]:
        """The processes that had ended by themselves and are ready again."""
        for name in sorted(self._recovering):
            if self._parts[name].ready():
                self._recovering.discard(name)
                yield FaultEnded(at_ns=time.monotonic_ns(), fault=EXITED, target=name)


def failed(whose: str, child: Child, found: str) -> SubjectError:
    """An error that begins with what the process said last, and has the end of its log."""
    lines = child.last_lines()
    rest = "".join(f"\n{line}" for line in lines) if len(lines) > 1 else ""
    said = telling(child.last_lines(LINES_SEARCHED)) or "it wrote nothing"
    return SubjectError(f"{whose}, {child.name}", f"{found}: {said}{rest}", f"read {child.log}")


def _said(child: Child) -> tuple[str, ...]:
    """The last lines of its log, after the line that names the error where a long stack follows that."""
    lines, said = child.last_lines(), telling(child.last_lines(LINES_SEARCHED))
    return lines if not said or any(said == line.strip() for line in lines) else (said, *lines)
