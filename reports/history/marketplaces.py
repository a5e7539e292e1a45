"""What marketplaces do that no subject can change: a listing that buyers see late, and an API that is down.

Both are settings of the scenario. The time in which a subject could not push is not counted as its own.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Final

import msgspec

from stockstorm.reports.history.log import FactLog
from stockstorm.scenarios.spec import Scenario
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import EVERY_API, MARKETPLACES, ApiFaultKind
from stockstorm.simulator.history import facts as f

DOWN: Final[ApiFaultKind] = "down"


class Outage(msgspec.Struct, frozen=True):
    """An interval in which a marketplace executed no call.

    `told_ns`: its end, or later, up to which a call answered in it was told to wait.
    """

    channel: str
    begin_ns: int
    end_ns: int
    told_ns: int


class Absences:
    """The outages of one marketplace, without overlaps, and how much of an interval lies in them."""

    def __init__(self, outages: Iterable[tuple[int, int]]) -> None:
        self._begins, self._ends = list[int](), list[int]()
        for begin, end in sorted(outages):
            if self._ends and begin <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._begins.append(begin)
                self._ends.append(end)
        lengths = (end - begin for begin, end in zip(self._begins, self._ends, strict=True))
        self._before = [0, *accumulate(lengths)]

    def within(self, begin_ns: int, end_ns: int) -> int:
        """Nanoseconds of an interval in which the marketplace was down."""
        return max(0, self._until(end_ns) - self._until(begin_ns))

    def begun_by(self, at_ns: int) -> int | None:
        """When the outage began that lasts at this moment; None if none does."""
        place = bisect_right(self._begins, at_ns) - 1
        return self._begins[place] if place >= 0 and at_ns < self._ends[place] else None

    def _until(self, at_ns: int) -> int:
        place = bisect_right(self._begins, at_ns) - 1
        if place < 0:
            return 0
        return self._before[place] + min(at_ns, self._ends[place]) - self._begins[place]


def lags_ns(scenario: Scenario) -> dict[str, int]:
    """By marketplace: how long after a push buyers see it. Those that show it at once are left out."""
    return {each.name: round(each.lag_s * SECOND_NS) for each in scenario.channels if each.lag_s}


def polled_in(scenario: Scenario) -> frozenset[str]:
    """Marketplaces that notify nobody and have a feed alone."""
    return frozenset(each.name for each in scenario.channels if each.tells == "feed")


def find_outages(scenario: Scenario, log: FactLog) -> tuple[Outage, ...]:
    """Every outage of a marketplace, in order of begin. Only a fault of the kind "down" that hits all calls is one."""
    found = []
    for one in scenario.api_faults:
        if one.kind != DOWN or one.share < 1:
            continue
        until_s = scenario.load_s if one.until_s is None else min(one.until_s, scenario.load_s)
        begin_ns, end_ns = (log.start_ns + round(at_s * SECOND_NS) for at_s in (one.from_s, until_s))
        found += [
            Outage(channel, begin_ns, end_ns, _told_ns(log, channel, begin_ns, end_ns))
            for channel in log.marketplaces
            if one.api in (EVERY_API, MARKETPLACES, channel)
        ]
    return tuple(sorted(found, key=lambda outage: (outage.begin_ns, outage.channel)))


def absences_of(outages: Sequence[Outage]) -> Mapping[str, Absences]:
    """By marketplace, when it could not be called: also while it had told the subject to wait."""
    channels = dict.fromkeys(outage.channel for outage in outages)
    return {
        channel: Absences((each.begin_ns, each.told_ns) for each in outages if each.channel == channel)
        for channel in channels
    }


class Silences:
    """Outages of marketplaces that tell of orders by their feed alone: a subject cannot know of them meanwhile."""

    def __init__(self, away: Mapping[str, Absences], shown: Mapping[int, list[int]]) -> None:
        self._away, self._shown = away, shown  # the latter: by order, when answers showed it

    @classmethod
    def of(cls, scenario: Scenario, absences: Mapping[str, Absences], log: FactLog) -> "Silences":
        """Those of a run."""
        polled = polled_in(scenario)
        away = {channel: absence for channel, absence in absences.items() if channel in polled}
        shown: dict[int, list[int]] = {}
        for told in log.all(f.OrdersShown) if away else ():
            for order in told.orders if told.channel in away else ():
                shown.setdefault(order, []).append(told.at_ns)
        return cls(away, shown)

    def __bool__(self) -> bool:
        return bool(self._away)

    def within(self, channel: str, order: int, begin_ns: int, end_ns: int) -> int:
        """Nanoseconds in which nobody could learn what happened to an order, until an answer showed it."""
        away = self._away.get(channel)
        if away is None:
            return 0
        shown = self._shown.get(order, [])
        place = bisect_left(shown, begin_ns)
        return away.within(begin_ns, min(end_ns, shown[place]) if place < len(shown) else end_ns)


NO_SILENCE: Final = Silences({}, {})


def _told_ns(log: FactLog, channel: str, begin_ns: int, end_ns: int) -> int:
    """Until when calls in an outage were told to wait, which may be after it."""
    waits = [
        call.at_ns + call.retry_after_s * SECOND_NS
        for call in log.all(f.ApiCalled)
        if call.injected == DOWN and call.api == channel and begin_ns <= call.at_ns < end_ns
    ]
    return max(end_ns, *waits) if waits else end_ns
