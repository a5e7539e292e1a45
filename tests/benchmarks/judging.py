"""Reads, judges and renders a stored run in a process of its own: `python -m tests.benchmarks.judging FOLDER`.

Prints one line of JSON: CPU seconds of each step, CPU seconds of a calibration loop beside them, and peak memory. With
`whole` as a second argument, one process does it all.
"""

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from stockstorm.reports.collector import collector_paused
from stockstorm.reports.halves import opened
from stockstorm.reports.render import render_all
from stockstorm.reports.store import RunFolder
from stockstorm.reports.verdict.judge import judge

ROUNDS = 100_000
LINES = b'{"delivery":1234567,"due_ns":1000000000,"status":200,"outcome":"acknowledged"}\n' * 1_000


class Line(msgspec.Struct, frozen=True, gc=False):
    """What the calibration loop decodes."""

    delivery: int
    due_ns: int
    status: int
    outcome: str


class Cost(msgspec.Struct, frozen=True):
    """CPU seconds, of all threads, and wall seconds in all. `loop_s`: the calibration loop, the mean of two.

    `second_s` and `second_mb` are of the process that judges the other half, from its start to its end.
    """

    facts: int
    read_s: float
    judge_s: float
    render_s: float
    second_s: float
    loop_s: float
    wall_s: float
    peak_mb: float
    second_mb: float
    verdict: str

    @property
    def ratio(self) -> float:
        """Loops that a million facts cost, in both processes."""
        return self._loops(self.read_s + self.judge_s + self.render_s + self.second_s)

    @property
    def longest(self) -> float:
        """Loops of the process that has more to do. On two free cores it decides how long judging takes."""
        return self._loops(max(self.read_s + self.judge_s + self.render_s, self.second_s))

    def _loops(self, cpu_s: float) -> float:
        return cpu_s / self.loop_s * 1_000_000 / self.facts


def calibration_s() -> float:
    """CPU seconds of a fixed amount of what judging does: decoding, looking up, appending and sorting.

    The collector is paused. It would search a million facts for the loop's own garbage.
    """
    with collector_paused():
        return _loop_s(msgspec.json.Decoder(Line))


def _loop_s(decoder: msgspec.json.Decoder[Line]) -> float:
    begun = time.process_time()
    groups: dict[int, list[tuple[int, int]]] = {}
    for _ in range(10):
        lines = decoder.decode_lines(LINES)
        for number in range(ROUNDS // 10):
            line = lines[number % 1_000]
            groups.setdefault(number % 997, []).append((line.due_ns + number * 7_919 % 10_007, line.status))
    for group in groups.values():
        group.sort()
    return time.process_time() - begun


def cost_of(folder: Path, *, split: bool | None = None) -> Cost:
    """The cost of one stored run. `split`: None as `stockstorm check` decides it."""
    loop_s, found, before_s = calibration_s(), RunFolder(folder), _children_s()
    wall, begun = time.perf_counter(), time.process_time()
    with opened(found.history, split=split) as history:
        read = time.process_time()
        result = judge(history)
        judged = time.process_time()
        render_all(result, history, found, "json", "junit", "markdown", "html")
    rendered, wall_s = time.process_time(), time.perf_counter() - wall
    loop_s = (loop_s + calibration_s()) / 2
    second = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(
        facts=len(history.facts),
        read_s=read - begun,
        judge_s=judged - read,
        render_s=rendered - judged,
        second_s=_children_s() - before_s,
        loop_s=loop_s,
        wall_s=wall_s,
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        second_mb=second.ru_maxrss / 1024,
        verdict=result.verdict,
    )


def _children_s() -> float:
    """CPU seconds of all processes that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def write_bytecode() -> None:
    """Compiles what the second process imports, as an installation does. Else each start of it takes 0.3 s more."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.run([sys.executable, "-c", "import stockstorm.reports.halves.second"], check=True)


if __name__ == "__main__":
    write_bytecode()
    sys.stdout.write(
        msgspec.json.encode(cost_of(Path(sys.argv[1]), split=False if "whole" in sys.argv[2:] else None)).decode()
        + "\n"
    )
