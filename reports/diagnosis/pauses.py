"""Pushes to each marketplace, and the pauses in them that begin with a call of another marketplace.

A pause is a gap between two pushes to a marketplace that is far longer than usual, although a change waited and the
push before it was taken. One that begins with a failed or unanswered call of another marketplace may be chance. Several
are none, where calls of that kind are rare: the binomial distribution tells. So does a single one that begins with such
a call and ends when that marketplace is called again, which chance makes far more seldom.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import pairwise
from typing import Final, NamedTuple

from stockstorm.reports.diagnosis.case import Case
from stockstorm.reports.history.deliveries import NEVER_NS
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.simulator.clock import MILLISECOND_NS
from stockstorm.simulator.history import facts as f

PUSH: Final = "PUT listings"
PAUSE_MIN_NS: Final = 300 * MILLISECOND_NS
TIMES_MIN: Final = 5.0  # the usual gap
BEFORE_GAPS: Final = 0.5  # a call is at the begin of a pause from so many usual gaps before the last push on,
AFTER_GAPS: Final = 1.5  # until so many after it
AFTER_MIN_NS: Final = 100 * MILLISECOND_NS
PAUSES_MIN: Final = 2
SHARE_MIN: Final = 0.5  # of all pauses
CHANCE_MAX: Final = 0.01
ANSWERED: Final = frozenset({"", "slow", "rows_rejected"})  # what a fault of the scenario does to a call that succeeds


class Pushes:
    """The pushes to one marketplace, in the order in which they began. `fired`: when its listings came to owe one."""

    def __init__(self, calls: list[f.ApiCalled], fired: list[int]) -> None:
        self.calls, self.fired = sorted(calls, key=begun_ns), fired
        self.begun = [begun_ns(call) for call in self.calls]

    @cached_property
    def usual_gap_ns(self) -> float | None:
        """The median gap between two pushes; None: there were not two."""
        gaps = sorted(float(after - before) for before, after in pairwise(self.begun))
        return quantile(gaps, 0.5) if gaps else None

    def within(self, begin_ns: int, end_ns: int) -> bool:
        """Whether a push began in an interval."""
        return bisect_left(self.begun, end_ns) > bisect_right(self.begun, begin_ns)

    def taken_before(self, at_ns: int) -> bool:
        """Whether the last push by then was taken."""
        place = bisect_right(self.begun, at_ns) - 1
        return place >= 0 and is_taken(self.calls[place])

    def owed(self, begin_ns: int, end_ns: int) -> int:
        """How many changes came to be owed in an interval."""
        return bisect_left(self.fired, end_ns) - bisect_right(self.fired, begin_ns)


class Pause(NamedTuple):
    begin_ns: int
    end_ns: int
    owed: int  # changes that came to be owed meanwhile


class Blocked(NamedTuple):
    """Pauses of the pushes to `channel` that begin with a call of `blocker`. `pauses`: how many it had in all.

    `closed`: they end when it is called again.
    """

    log_chance: float
    channel: str
    blocker: str
    begun: list[Pause]
    pauses: int
    closed: bool = False


def pushes_by_channel(case: Case) -> dict[str, Pushes]:
    """The pushes to every marketplace."""
    calls: dict[str, list[f.ApiCalled]] = {channel: [] for channel in case.history.marketplaces}
    for call in case.calls:
        if call.operation == PUSH and call.api in calls:
            calls[call.api].append(call)
    fired: dict[str, list[int]] = {}
    for pair in case.history.owed_pairs:
        fired.setdefault(pair.channel, []).append(pair.fired_ns)
    return {channel: Pushes(some, sorted(fired.get(channel, ()))) for channel, some in calls.items()}


def blocked_at_calls(case: Case, pushes: Mapping[str, Pushes]) -> list[Blocked]:
    """Marketplaces whose pauses begin with calls of another one more often than chance allows; the surest first."""
    failed = _failed_calls(case, pushes)
    again = {channel: [_next(pushes[channel], at_ns) for at_ns in times] for channel, times in failed.items()}
    pairs = max(1, len(pushes) * (len(pushes) - 1))
    found = []
    for channel, own in pushes.items():
        if own.usual_gap_ns is None:
            continue
        pauses = list(_pauses(own, own.usual_gap_ns))
        near = round(BEFORE_GAPS * own.usual_gap_ns), max(AFTER_MIN_NS, round(AFTER_GAPS * own.usual_gap_ns))
        span_ns = max(1, own.begun[-1] - own.begun[0])
        for blocker, times in failed.items():
            begun = [] if blocker == channel else [one for one in pauses if _is_near(times, one.begin_ns, near)]
            if not begun or len(begun) < SHARE_MIN * len(pauses):
                continue
            share = min(1.0, _covered_ns(times, sum(near)) / span_ns)
            log_chance = _log_at_least(len(begun), len(pauses), share)
            if len(begun) >= PAUSES_MIN and log_chance <= math.log(CHANCE_MAX):
                found.append(Blocked(log_chance, channel, blocker, begun, len(pauses)))
                continue
            around = near[1], near[1]
            closed = [one for one in begun if _is_near(again[blocker], one.end_ns, around)]
            share *= min(1.0, _covered_ns(again[blocker], sum(around)) / span_ns)
            log_chance = _log_at_least(len(closed), len(pauses), share)
            if closed and log_chance <= math.log(CHANCE_MAX / pairs):
                found.append(Blocked(log_chance, channel, blocker, closed, len(pauses), closed=True))
    return sorted(found)


def _next(own: Pushes, at_ns: int) -> int:
    """When the next push to the same marketplace began; long after all if none did."""
    place = bisect_right(own.begun, at_ns)
    return own.begun[place] if place < len(own.begun) else NEVER_NS


def begun_ns(call: f.ApiCalled) -> int:
    """When a call began; older histories tell only when it was executed."""
    return call.started_ns or call.at_ns


def is_taken(call: f.ApiCalled) -> bool:
    """Whether a push was taken."""
    return call.status == 200


def _failed_calls(case: Case, pushes: Mapping[str, Pushes]) -> dict[str, list[int]]:
    """By marketplace, when calls of any kind began that a fault of the scenario made fail or left without an answer."""
    found: dict[str, list[int]] = {}
    for call in case.calls:
        if call.api in pushes and call.injected not in ANSWERED:
            found.setdefault(call.api, []).append(begun_ns(call))
    return {channel: sorted(times) for channel, times in found.items()}


def _pauses(own: Pushes, usual_ns: float) -> Iterator[Pause]:
    for call, begin_ns, end_ns in zip(own.calls, own.begun, own.begun[1:], strict=False):
        length_ns = end_ns - begin_ns
        long = length_ns >= max(PAUSE_MIN_NS, TIMES_MIN * usual_ns)
        if long and is_taken(call) and own.owed(begin_ns, begin_ns + length_ns // 2):
            yield Pause(begin_ns, end_ns, own.owed(begin_ns, end_ns))


def _is_near(times: list[int], begin_ns: int, near: tuple[int, int]) -> bool:
    """Whether a call began with a pause."""
    before_ns, after_ns = near
    place = bisect_left(times, begin_ns - before_ns)
    return place < len(times) and times[place] <= begin_ns + after_ns


def _covered_ns(times: list[int], near_ns: int) -> int:
    """The length of all instants at which a pause that began would be near to a call."""
    return sum(min(near_ns, after - at) for at, after in pairwise(times)) + (near_ns if times else 0)


def _log_at_least(hits: int, of: int, share: float) -> float:
    """The logarithm of the probability of at least so many hits, each of which has this share as its chance."""
    terms = [math.comb(of, each) * share**each * (1.0 - share) ** (of - each) for each in range(hits, of + 1)]
    total = math.fsum(terms)
    return math.log(min(1.0, total)) if total else -math.inf
