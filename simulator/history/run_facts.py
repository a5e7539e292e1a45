"""Facts of the run itself: its beginning and end, its processes and their health, faults, and the life of the app.

`Fact` is the base of all of them. `facts` names every one.
"""

from typing import Any, Literal

import msgspec

from stockstorm.simulator.config import FaultKind, FaultTrigger, Level, LifeChange
from stockstorm.simulator.history.ranges import (
    Balance,
    Count,
    Name,
    Nanoseconds,
    OptionalId,
    Positive,
    Quantity,
    Rate,
    Text,
)

# What showed that the run was at rest. "": it was not, or an older version wrote the history and did not say.
RestBy = Literal["", "probe", "probe_and_queue", "silence"]
FaultName = FaultKind | Literal["exited by itself"]  # the latter is not planned: a process of the subject crashed


class Fact(msgspec.Struct, frozen=True, gc=False, tag_field="fact", omit_defaults=True):
    at_ns: Nanoseconds


class RunStarted(Fact, frozen=True, tag=True):
    """The first fact: what the checkers need to know of the run. `at_ns` is the start of load, offset 0 of the plan."""

    schema: Positive
    run: Name
    scenario: dict[Name, Any]  # the whole scenario as loaded, with [expect] and flags applied
    seed: Count
    plan_digest: Name
    wall_ns: Nanoseconds  # wall time at `at_ns`
    duration_ns: Nanoseconds
    safety_stock: Quantity
    subject: Name
    driver: Literal["live", "virtual"]
    replay: Text  # the command that replays this run
    commit: Text
    versions: dict[Name, Text]
    machine: dict[Name, Text]
    notes: tuple[Text, ...] = ()  # shown in reports, e.g. "retry gaps shortened 20 times"
    polls: bool = False  # the subject subscribes to nothing by design and reads the APIs instead
    ceilings: dict[Name, Rate] = {}  # measured events a second of each emulator in use, by its description
    lists_less: bool = False  # the subject lists fewer units than there are on purpose, as its owner declared
    processes: tuple[Name, ...] = ("receiver", "worker")  # of the subject, as samples name them
    level: Level = "full"  # what its owner says that the subject does
    reads_every_ns: Nanoseconds = 0  # between two reads of the subject's own stock and orders; 0: they are not read
    topics: tuple[Name, ...] = ()  # of the shop, all that the subject's file lists; (): it lists none
    earlier: Text = ""  # a stored run of the same service and seed, if nothing says that it was emptied since


class ProcessSeen(Fact, frozen=True, tag=True):
    """A process of the run, with one instant on both clocks (`at_ns`, `wall_ns`)."""

    process: Name  # generator, postgres, or a process of the subject or of a cloud backing
    pid: Positive
    wall_ns: Nanoseconds


class ProcessEnded(Fact, frozen=True, tag=True):
    """A process of the subject ended without a planned fault. `at_ns` is when Stockstorm noticed."""

    process: Name
    pid: Positive
    exit_code: Balance  # negative: the number of the signal that ended it
    lines: tuple[Text, ...] = ()  # the last of its log


class PhaseStarted(Fact, frozen=True, tag=True):
    phase: Name


class LoadStopped(Fact, frozen=True, tag=True):
    """The last planned item was applied, and every fault has ended. Retries and late stock changes follow."""


class QuietReached(Fact, frozen=True, tag=True):
    """The end of the wait for rest, and what was seen last. Older versions wrote only the first two fields."""

    quiet: bool  # False: the limit on waiting was reached first
    waited_ns: Nanoseconds
    by: RestBy = ""
    attempts: Count = 0  # of the delivery service, under way or scheduled
    probe: Count | None = None  # what the subject's own probe reported as pending; None: it has none, or is silent
    queue: Count | None = None  # messages in the subject's queue; None: Stockstorm cannot see it
    silent: tuple[Name, ...] = ()  # processes of the subject that did not answer
    apart_ns: Nanoseconds = 0  # between the two reads that found nothing pending
    silence_ns: Nanoseconds = 0  # since the last stock change, push or sign of pending work
    longest_gap_ns: Nanoseconds = 0  # the subject's longest, from outstanding work or its last effect to its next
    still_ns: Nanoseconds = 0  # for how long nothing had happened at all, although the subject reported pending work
    still_min_ns: Nanoseconds = 0  # for how long that must last to prove that it stands still; 0: it proves nothing


class RunEnded(Fact, frozen=True, tag=True):
    """The last fact. Without it the run was interrupted and every verdict is unknown."""

    complete: bool
    reason: Text = ""


class ResourcesSampled(Fact, frozen=True, tag=True):
    """CPU time used so far and resident memory of one process, or of a group, such as PostgreSQL's.

    Memory that the processes of a group share counts once.
    """

    process: Name
    cpu_ns: Count
    rss_bytes: Count
    descriptors: Count = 0  # open files and connections; 0: not counted, as by older versions
    waited_ns: Count = 0  # time in which its threads were ready to run and waited for a CPU; 0: not counted


class MachineSampled(Fact, frozen=True, tag=True):
    """CPU time that the whole machine used so far, without what runs at a low priority. Taken with the processes."""

    cores: Count
    busy_ns: Count


class DatabaseCounted(Fact, frozen=True, tag=True):
    """The work of the subject's database so far, by its own statistics. `statements` is the subject's own count."""

    transactions: Count
    rows_written: Count
    statements: Count | None = None


class GeneratorSampled(Fact, frozen=True, tag=True):
    """The generator's own health over the last interval (about one second)."""

    interval_ns: Nanoseconds
    hub_gap_max_ns: Nanoseconds  # the longest time between two rounds of the event loop
    connections: Count
    connections_max: Count
    waiting_attempts: Count  # queued for a free connection
    journal_backlog: Count
    api_connections: Count | None = None  # open from the subject to the simulated APIs; older versions did not count
    api_idle: Count = 0  # of these, without a request that waits for its answer
    api_used: Count = 0  # connections to them that carried a request in the interval


class GeneratorHeld(Fact, frozen=True, tag=True):
    """A call of the subject kept the generator's only thread busy for more than CALL_HELD_MIN_NS."""

    request: Count
    api: Name
    operation: Text
    started_ns: Nanoseconds
    cpu_ns: Nanoseconds  # of the generator's thread, so a thread that had to wait for a core is not counted


class VersionAsked(Fact, frozen=True, tag=True):
    """The first call that asks for a version of the Admin API in its address, and the version that answers."""

    asked: Text  # "" for an address without a version
    served: Name


class FaultStarted(Fact, frozen=True, tag=True):
    fault: FaultName
    target: Name  # the process
    on: FaultTrigger = "time"
    request: OptionalId = -1  # on "executed": the call that was executed and gets no answer
    delivery: OptionalId = -1  # on "acknowledged": the delivery that was acknowledged


class FaultEnded(Fact, frozen=True, tag=True):
    fault: FaultName
    target: Name


class AppChanged(Fact, frozen=True, tag=True):
    """Something happened to the app's installation, by plan. `scopes` are those that it has from then on."""

    change: LifeChange
    scopes: tuple[Name, ...] = ()
