"""Quiesce: the end of a run, and what counts as rest.

At rest, nothing is pending at the delivery service, by the subject's probe, and in its queue where that can be seen.
Two reads agree, `REST_CONFIRM_S` apart, with no effect in between, and the quiet time passes without an effect and
without a sign of pending work. A process that does not answer is such a sign, because a stopped process looks idle.

Where nothing shows what is pending, rest is silence for longer than the quiet time and than the subject's own longest
gap (`EffectGaps`), at most the limit on the whole wait. Each kind of effect has its own gap (`KindsOfEffects`): who
pushes at once and writes every 20 s looks busy until its pushes end. A wait that reaches its limit ends without rest.
"""

from collections.abc import Callable

import gevent
import msgspec

from stockstorm.loadtests.ipc.messages import PendingCounted
from stockstorm.loadtests.limits import (
    KIND_GAPS_MIN,
    POLL_S,
    REST_CONFIRM_S,
    SETTLES_MAX,
    STILL_GAPS_MIN,
    STILL_LEASES_MIN,
    STILL_MAX_S,
    STILL_MIN_S,
)
from stockstorm.scenarios.spec import Scenario
from stockstorm.simulator.clock import SECOND_NS, Clock
from stockstorm.simulator.history.facts import QuietReached, RestBy

CONFIRM_NS = int(REST_CONFIRM_S * SECOND_NS)


class Activity(msgspec.Struct, frozen=True):
    """What a run is still doing at a moment."""

    last_effect_ns: int  # of the newest stock change or push; 0 before the first
    pending: int  # attempts under way or scheduled
    longest_gap_ns: int = 0  # of the subject's effects; 0 before its first one
    last_write_ns: int = 0  # of the subject's newest call that was to change something, whatever became of it
    write_gap_ns: int | None = 0  # the longest from a marketplace's sale to the next write; None: it never wrote any
    kind_gap_ns: int = 0  # the longest of any kind of effect: writes, pushes to one channel, pushes that raise


class EffectGaps:
    """The times of a subject's effects, and its longest gap while work was outstanding."""

    def __init__(self) -> None:
        self.last_ns = self.longest_ns = 0
        self._moved_ns = 0  # the first stock movement since the last effect; 0: none

    def moved(self, at_ns: int) -> None:
        """Stock moved, so that the subject has work."""
        self._moved_ns = self._moved_ns or at_ns

    def effect(self, at_ns: int) -> None:
        """The subject changed stock or pushed a listing. Without a movement since the last effect it had work left."""
        if since_ns := self._moved_ns or self.last_ns:
            self.longest_ns = max(self.longest_ns, at_ns - since_ns)
        self.last_ns, self._moved_ns = at_ns, 0

    def answer(self, at_ns: int) -> None:
        """The same for an effect that may also be repeated without any work, such as a push of the whole catalogue."""
        if self._moved_ns:
            self.longest_ns = max(self.longest_ns, at_ns - self._moved_ns)
        self.last_ns, self._moved_ns = at_ns, 0

    @property
    def known_ns(self) -> int | None:
        """The longest gap; None if stock moved and the subject never had an effect."""
        return None if self._moved_ns and not self.last_ns else self.longest_ns


class KindsOfEffects:
    """The gaps of each kind of effect, as far as the subject had such effects. Each kind may have its own period."""

    def __init__(self, marketplaces: tuple[str, ...]) -> None:
        self.writes, self.rises = EffectGaps(), EffectGaps()
        self.pushes = {channel: EffectGaps() for channel in marketplaces}

    def moved(self, at_ns: int, seller: str = "", *, rises: bool = False) -> None:
        """Stock moved: every channel but its seller is to be pushed, and a marketplace's order is to be written."""
        for channel, gaps in self.pushes.items():
            if channel != seller:
                gaps.moved(at_ns)
        if seller in self.pushes:
            self.writes.moved(at_ns)
        if rises:
            self.rises.moved(at_ns)

    def pushed(self, at_ns: int, channel: str, *, rises: bool) -> None:
        """A listing was set, to more than it showed before if it `rises`."""
        if (gaps := self.pushes.get(channel)) is not None:
            gaps.answer(at_ns)
        if rises:
            self.rises.answer(at_ns)

    @property
    def longest_ns(self) -> int:
        """The longest gap of any kind."""
        return max(gaps.longest_ns for gaps in (self.writes, self.rises, *self.pushes.values()))


class Evidence:
    """What the reads of pending work have shown during one wait. Reads that began before `begun_ns` do not count."""

    def __init__(self, begun_ns: int) -> None:
        self.begun_ns = self.stirred_ns = begun_ns  # stirred: when work was last seen to be pending
        self.changed_ns = begun_ns  # when a read last differed from the one before, or a process did not answer
        self.last: PendingCounted | None = None
        self.was_silent = False  # a process of the subject did not answer at some time
        self._clean: PendingCounted | None = None  # the first of the reads that found nothing, with no effect since

    def add(self, read: PendingCounted, last_effect_ns: int) -> None:
        """Takes one read into account, in order of time."""
        if read.began_ns < self.begun_ns:
            return
        if self.last is None or read.silent or (read.probe, read.queue) != (self.last.probe, self.last.queue):
            self.changed_ns = read.ended_ns
        self.last = read
        if not read.clean:
            self._clean, self.stirred_ns = None, read.ended_ns
            self.was_silent = self.was_silent or bool(read.silent)
        elif self._clean is None or last_effect_ns >= self._clean.began_ns:
            self._clean = read

    def since_ns(self, activity: Activity) -> int:
        """When the present silence began."""
        return max(self.stirred_ns, activity.last_effect_ns)

    def apart_ns(self, activity: Activity) -> int:
        """Time between the two reads that found nothing pending, with no effect since. -1 if there are no two."""
        first, last = self._clean, self.last
        if first is None or last is None or first is last or activity.last_effect_ns >= first.began_ns:
            return -1
        return last.began_ns - first.ended_ns


class Quiet(msgspec.Struct, frozen=True):
    """The bounds of a wait: the quiet time, the limit on the whole wait, and the lease of the subject's broker."""

    quiet_ns: int
    max_ns: int
    lease_ns: int = 0  # the quiet time after a process did not answer, because its messages come back only then
    still_ns: int = 0  # after which a subject with pending work stands still; 0: that is not told

    @classmethod
    def of(cls, scenario: Scenario, settle_s: float, lease_s: float = 0.0) -> "Quiet":
        """The scenario's own bounds, extended for a subject that can rest for `settle_s` although there is work."""
        quiet_s = max(scenario.quiesce.quiet_s, settle_s)
        max_s = scenario.quiesce.max_s + SETTLES_MAX * settle_s
        still_s = max(STILL_MIN_S, SETTLES_MAX * settle_s, STILL_LEASES_MIN * lease_s)
        return cls(*(int(seconds * SECOND_NS) for seconds in (quiet_s, max_s, lease_s, still_s)))

    def reached(self, evidence: Evidence, now_ns: int, activity: Activity) -> RestBy:
        """What shows that the run is at rest now; "" if nothing does."""
        last = evidence.last
        if activity.pending or last is None or last.silent:
            return ""
        since_ns = evidence.since_ns(activity)
        floor_ns = max(self.quiet_ns, self.lease_ns if evidence.was_silent else 0)
        if now_ns - since_ns < floor_ns:
            return ""
        if not last.visible:
            kind_ns = int(KIND_GAPS_MIN * activity.kind_gap_ns)
            wanted_ns = min(max(floor_ns, activity.longest_gap_ns + 1, kind_ns), self.max_ns)
            return "silence" if now_ns - since_ns >= wanted_ns else ""
        late_enough = last.began_ns - since_ns >= floor_ns - CONFIRM_NS
        if not late_enough or evidence.apart_ns(activity) < CONFIRM_NS:
            return ""
        return "probe" if last.queue is None else "probe_and_queue"

    def still_min_ns(self, activity: Activity) -> int:
        """How long nothing must happen before a subject with these gaps stands still. 0 if that cannot be told.

        It cannot of a subject that had no effect, or that never wrote an order: it may do so once in a long time.
        """
        if not self.still_ns or not activity.longest_gap_ns or activity.write_gap_ns is None:
            return 0
        wanted_ns = max(self.still_ns, STILL_GAPS_MIN * max(activity.longest_gap_ns, activity.write_gap_ns))
        return wanted_ns if wanted_ns <= STILL_MAX_S * SECOND_NS else 0

    def stands_still(self, evidence: Evidence, now_ns: int, activity: Activity) -> bool:
        """Whether nothing has happened for the quiet time although work is pending, and it is too early to tell."""
        still_ns = still_for_ns(evidence, now_ns, activity)
        return self.quiet_ns <= still_ns < self.still_min_ns(activity)


def still_for_ns(evidence: Evidence, now_ns: int, activity: Activity) -> int:
    """For how long nothing has happened, of a subject that reports pending work. 0 for any other."""
    last = evidence.last
    if activity.pending or last is None or last.silent or not (last.probe or last.queue):
        return 0
    return max(0, now_ns - max(evidence.changed_ns, activity.last_effect_ns, activity.last_write_ns))


class PendingReads:
    """The reads that the orchestrator sends, in order of arrival."""

    def __init__(self, ask: Callable[[], None] = lambda: None) -> None:
        self.ask = ask  # tells the orchestrator to begin
        self._arrived: list[PendingCounted] = []

    def arrived(self, read: PendingCounted) -> None:
        self._arrived.append(read)

    def take(self) -> list[PendingCounted]:
        """The reads since the last call."""
        taken, self._arrived = self._arrived, []
        return taken


def wait_for_rest(
    quiet: Quiet,
    clock: Clock,
    activity: Callable[[], Activity],
    reads: PendingReads,
    aborted: Callable[[], bool],
    open_faults: Callable[[], int] = lambda: 0,
    pause: Callable[[float], None] = gevent.sleep,
) -> QuietReached:
    """Waits in the calling greenlet for rest, until the time is up or the run is `aborted`. Returns what was found.

    The time begins when no fault is open, because a process that does not run looks quiet.
    """
    called_ns = clock()
    while open_faults() and not aborted():
        pause(POLL_S)
    evidence = Evidence(clock())
    if not aborted():
        reads.ask()
    by: RestBy = ""
    while not by and not aborted():
        if clock() - evidence.begun_ns >= quiet.max_ns and not quiet.stands_still(evidence, clock(), activity()):
            break
        pause(POLL_S)
        now = activity()
        for read in reads.take():
            evidence.add(read, now.last_effect_ns)
        by = quiet.reached(evidence, clock(), now)
    return _found(by, quiet, evidence, clock(), activity(), called_ns)


def _found(
    by: RestBy, quiet: Quiet, evidence: Evidence, now_ns: int, activity: Activity, called_ns: int
) -> QuietReached:
    last = evidence.last
    return QuietReached(
        at_ns=now_ns,
        quiet=bool(by),
        waited_ns=now_ns - called_ns,
        by=by,
        attempts=activity.pending,
        probe=last.probe if last else None,
        queue=last.queue if last else None,
        silent=last.silent if last else (),
        apart_ns=max(0, evidence.apart_ns(activity)),
        silence_ns=now_ns - evidence.since_ns(activity),
        longest_gap_ns=max(activity.longest_gap_ns, activity.kind_gap_ns),
        still_ns=0 if by else still_for_ns(evidence, now_ns, activity),
        still_min_ns=0 if by else quiet.still_min_ns(activity),
    )
