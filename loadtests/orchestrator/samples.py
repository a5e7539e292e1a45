"""CPU time, memory and open descriptors of every process in the registry, once a second, as facts.

How long its threads waited for a CPU, and how much CPU the whole machine used, tell whether other programs of the
machine kept the subject from running.
"""

import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from stockstorm.loadtests.processes.registry import PROCESSES, Registry
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history.facts import AnyFact, MachineSampled, ProcessSeen, ResourcesSampled

SAMPLE_EVERY_S: Final = 1.0
PROCESS_CLOCK: Final = 2  # how Linux forms the clock of a process from its id (clock_getcpuclockid of glibc)


class ProcessSamples:
    """`record` gets a sample of each group of processes, and at first sight of one when that was on both clocks."""

    def __init__(self, record: Callable[[AnyFact], None], processes: Registry = PROCESSES) -> None:
        self._record, self._processes = record, processes
        self._taken_s = 0.0
        self._seen: set[tuple[str, int]] = set()

    def take(self, others: Mapping[str, list[int]]) -> None:
        """A sample, unless the last one is too recent. `others` replaces groups, and adds what the registry lacks."""
        now_s = time.monotonic()
        if now_s - self._taken_s < SAMPLE_EVERY_S:
            return
        self._taken_s = now_s
        for name, pids in {**self._processes.running(), **others}.items():
            self._sample(name, pids)
        self._record(MachineSampled(time.monotonic_ns(), psutil.cpu_count() or 1, machine_busy_ns()))

    def _sample(self, name: str, pids: list[int]) -> None:
        cpu_s, own, shared, opened, waited_ns, found = 0.0, 0, 0, 0, 0, False
        for pid in pids:
            try:
                process = psutil.Process(pid)
                used_s = cpu_seconds(process)
                memory = process.memory_info()
                opened += process.num_fds()
            except psutil.Error:
                continue
            own += memory.rss - memory.shared
            shared = max(shared, memory.shared)  # what the processes of a group share counts once
            cpu_s += used_s
            waited_ns += waited_for_cpu_ns(pid)
            found = True
        if not found:
            return
        now_ns = time.monotonic_ns()
        if (name, pids[0]) not in self._seen:
            self._seen.add((name, pids[0]))
            self._record(ProcessSeen(at_ns=now_ns, process=name, pid=pids[0], wall_ns=time.time_ns()))
        cpu_ns, rss_bytes = int(cpu_s * SECOND_NS), own + shared
        self._record(ResourcesSampled(now_ns, name, cpu_ns, rss_bytes, opened, waited_ns))


def cpu_seconds(process: psutil.Process) -> float:
    """CPU time that a process used so far. Linux counts it in ns; `psutil` everywhere, in steps of 10 ms."""
    if sys.platform == "linux":
        with suppress(OSError):
            return time.clock_gettime_ns(~process.pid << 3 | PROCESS_CLOCK) / SECOND_NS
    times = process.cpu_times()
    return float(times.user + times.system)


def waited_for_cpu_ns(pid: int) -> int:
    """How long the threads of a process were ready to run and had no CPU, as Linux counts it; elsewhere 0."""
    waited_ns = 0
    for counts in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with suppress(OSError, ValueError, IndexError):  # a thread that has just ended
            waited_ns += int(counts.read_text().split()[1])
    return waited_ns


def machine_busy_ns() -> int:
    """CPU time that the machine used, stolen time included. What has a low priority gives way, so it is left out."""
    times = psutil.cpu_times()
    parts = (getattr(times, part, 0.0) for part in ("user", "system", "irq", "softirq", "steal"))
    return round(sum(parts) * SECOND_NS)
