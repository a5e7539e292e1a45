"""Reads, judges and renders a stored run in a process of its own: `python -m tests.benchmarks.judging FOLDER`.

Prints one line of JSON: CPU seconds of each step, CPU seconds of a calibration loop beside them, and peak memory.
"""

import resource
import sys
import time
from pathlib import Path

import msgspec

from stockstorm.reports.collector import collector_paused
from stockstorm.reports.render import render_all
from stockstorm.reports.halves import opened
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
    """CPU seconds, of all threads, and wall seconds in all. `loop_s`: the calibration loop, the mean of two."""

    facts: int
    read_s: float
    judge_s: float
    render_s: float
    loop_s: float
    wall_s: float
    peak_mb: float
    verdict: str

    @property
    def ratio(self) -> float:
        """Loops that a million facts cost."""
        return (self.read_s + self.judge_s + self.render_s) / self.loop_s * 1_000_000 / self.facts


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


def cost_of(folder: Path) -> Cost:
    """The cost of one stored run."""
    loop_s = calibration_s()
    wall, begun = time.perf_counter(), time.process_time()
    found, history = load_run(RunFolder(folder))
    read = time.process_time()
    result = judge(history)
    judged = time.process_time()
    render_all(result, history, found, "json", "junit", "markdown", "html")
    rendered, wall_s = time.process_time(), time.perf_counter() - wall
    loop_s = (loop_s + calibration_s()) / 2
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    steps = (read - begun, judged - read, rendered - judged)
    return Cost(len(history.facts), *steps, loop_s, wall_s, peak_mb, result.verdict)


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.encode(cost_of(Path(sys.argv[1]))).decode() + "\n")
