"""What became of single order events of a subject that names no orders, where nothing else happened to their SKU.

Its writes have units and a time, and say of no order. Where the news of one event came alone, for ALONE before and
after, the rows of that SKU until the next news are what the subject made of it: nothing, its units, or twice its units.
This tells only of some events, and of these for certain enough to compare them. A subject that usually takes longer
than that is not judged in this way. Where the end of the run is known, the SKU must be off to that side: a write that
took long, beside one of another order, looks like a loss and a double, and the SKU is right at rest.
"""

import math
from bisect import bisect_left
from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from stockstorm.reports.diagnosis.case import Case
from stockstorm.reports.diagnosis.traits import TOPIC_OF
from stockstorm.reports.history.order_effects import SUBJECT_CAUSES, Effect
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.simulator.clock import MILLISECOND_NS
from stockstorm.simulator.history import facts as f

ALONE_NS: Final = tuple(ms * MILLISECOND_NS for ms in (250, 500, 1_000, 2_000))  # the first that suffices
USUAL: Final = 0.9  # of the writes come within this time
CASES_MIN: Final = 10
BEST: Final = 0.1
LOST_MIN: Final = 5
LOST_SHARE_MIN: Final = 0.04
TWICE_MIN: Final = 3
NEAR_MAX: Final = 40  # news that are looked at on either side; an event has fewer of its own
FAR_NS: Final = 2**62
Times = list[tuple[int, int]]  # (time, event) of all news of a SKU, or (time, units) of all its rows
Verdict = Literal["", "lost", "once", "twice", "unclear"]


class Alone(msgspec.Struct, frozen=True):
    """Order events that came alone, by what became of them. Each pair was told with its own distance.

    `lost`, `taken`: no write, and one, where there was time for it. `twice`, `single`: two of them, and one.
    """

    lost: list[f.EventFired]
    taken: list[f.EventFired]
    twice: list[f.EventFired]
    single: list[f.EventFired]
    apart_s: float = 0.0  # of the first pair: for how long nothing else came before and after
    near_s: float = 0.0  # of the second one

    @property
    def many_lost(self) -> bool:
        """Whether more of them are lost than an odd one that took very long."""
        told = len(self.lost) >= LOST_MIN and len(self.lost) >= LOST_SHARE_MIN * (len(self.lost) + len(self.taken))
        return told and len(self.lost) > len(self.twice)

    @property
    def many_twice(self) -> bool:
        return len(self.twice) >= TWICE_MIN and len(self.twice) > len(self.lost)


NOBODY: Final = Alone([], [], [], [])


def events_alone(case: Case) -> Alone:
    """The events of a case that came alone; none for a subject that names its orders. Built once."""
    found = case.kept.get("alone")
    if not isinstance(found, Alone):
        found = case.kept["alone"] = _build(case) if case.history.orders.net_only else NOBODY
    return found


def lost_note(case: Case) -> tuple[str, ...]:
    """What the number of lost order events counts, as evidence; nothing for a subject that names its orders."""
    alone = events_alone(case)
    return (_note(len(alone.lost) + len(alone.taken), alone.apart_s),) if alone.many_lost else ()


def twice_note(case: Case) -> tuple[str, ...]:
    """The same of events that count twice."""
    alone = events_alone(case)
    return (_note(len(alone.twice) + len(alone.single), alone.near_s),) if alone.many_twice else ()


def _note(count: int, apart_s: float) -> str:
    return (
        f"the service names no orders: this is told of {count:,} order events for whose SKU nothing else came for "
        f"{apart_s:g} s before and after"
    )


class _News(msgspec.Struct, frozen=True):
    """One effect: when it happened, when its event was first acknowledged, and when it was tried after that."""

    event: int
    delta: int
    since_ns: int
    until_ns: int
    later_ns: tuple[int, ...]
    counts: bool  # it was acknowledged, and must be written


def _build(case: Case) -> Alone:
    rows: dict[str, Times] = {}
    for change in case.history.all(f.StockChanged):
        if change.cause in SUBJECT_CAUSES:
            rows.setdefault(change.sku, []).append((change.at_ns, change.delta))
    news = _news_by_sku(case)
    off = {final.sku: final.available - final.physical for final in case.history.all(f.FinalStock)}
    steps = [_Step(news, rows, apart_ns, off) for apart_ns in ALONE_NS if apart_ns >= _pace_ns(case)]
    strict = next((step for step in steps if step.delay_ns(USUAL) <= step.apart_ns), None)
    loose = next((step for step in steps if step.delay_ns(0.5) <= step.apart_ns / 2), None)
    lost, taken = (strict.events(case, which) if strict else [] for which in ("lost", "once"))
    twice, single = (loose.events(case, which) if loose else [] for which in ("twice", "once"))
    seconds = [step.apart_ns / 1e9 if step else 0.0 for step in (strict, loose)]
    return Alone(lost, taken, twice, single, *seconds)


def _pace_ns(case: Case) -> float:
    """The time to a push at the best of times, which no loss makes longer.

    A subject that always takes longer than news are apart would be judged by the news before.
    """
    latencies = [ms for ms in case.history.sync_samples.visible.ordered if math.isfinite(ms)]
    return quantile(latencies, BEST) * MILLISECOND_NS if latencies else 0.0


class _Step:
    """What became of the events for whose SKU nothing else came for so long."""

    def __init__(
        self, news: Mapping[str, list["_News"]], rows: Mapping[str, Times], apart_ns: int, off: Mapping[str, int]
    ) -> None:
        self.apart_ns = apart_ns
        self._verdicts: dict[int, set[Verdict]] = {}
        self._delays: list[float] = []
        for sku, of_sku in news.items():
            times = _times(of_sku)
            for one in of_sku:
                verdict, delay_ns = _became(one, times, rows.get(sku, []), apart_ns)
                if verdict:
                    seen: Verdict = verdict if _fits(verdict, one.delta, off.get(sku)) else "unclear"
                    self._verdicts.setdefault(one.event, set()).add(seen)
                if verdict == "once":
                    self._delays.append(delay_ns)
        self._delays.sort()

    def delay_ns(self, share: float) -> float:
        """Within which time so many were written; endless where too few were."""
        return quantile(self._delays, share) if len(self._delays) >= CASES_MIN else math.inf

    def events(self, case: Case, which: str) -> list[f.EventFired]:
        """The events of which this became. One whose SKUs differ is left out."""
        events = case.history.deliveries.events
        return [events[event] for event, verdicts in sorted(self._verdicts.items()) if verdicts == {which}]


def _fits(verdict: Verdict, delta: int, off: int | None) -> bool:
    """Whether the master's difference at the end can hold a change that is lost, or counts twice."""
    if off is None or verdict not in {"lost", "twice"}:
        return True
    return off * delta > 0 if verdict == "twice" else off * delta < 0


def _news_by_sku(case: Case) -> dict[str, list[_News]]:
    """Every marketplace event by SKU, in order of time."""
    found: dict[str, list[_News]] = {}
    for effects in case.history.orders.by_order.values():
        news = [(effect, _news(case, effect)) for effect in effects if effect.delta]
        taken_ns = max((one.until_ns for effect, one in news if effect.kind == "sale"), default=FAR_NS)
        undone_ns = min((one.since_ns for effect, one in news if effect.kind != "sale"), default=FAR_NS)
        needless = undone_ns <= taken_ns  # what is cancelled before it is known need not be written
        for effect, one in news:
            kept = msgspec.structs.replace(one, counts=False) if needless else one
            found.setdefault(effect.sku, []).append(kept)
    return found


def _news(case: Case, effect: Effect) -> _News:
    deliveries = case.history.deliveries
    event = deliveries.order_event.get((effect.order, TOPIC_OF[effect.kind]), -1)
    of_event = deliveries.by_event.get(event, ())
    acknowledged = sorted(one.ended_ns for one in of_event if one.outcome == "acknowledged")
    tried = sorted(attempt.at_ns for one in of_event for attempt in one.attempts)
    until_ns = acknowledged[0] if acknowledged else max([effect.at_ns, *tried])
    later = tuple(at_ns for at_ns in tried if at_ns > until_ns)
    return _News(event, effect.delta, effect.at_ns, until_ns, later, bool(acknowledged))


def _times(news: list[_News]) -> Times:
    """When anything was heard of the SKU, or could have been."""
    return sorted((at_ns, one.event) for one in news for at_ns in (one.since_ns, one.until_ns, *one.later_ns))


def _became(one: _News, times: Times, rows: Times, apart_ns: int) -> tuple[Verdict, float]:
    """What the rows after an event made of it, and after how long. "" if it did not come alone."""
    if not one.counts:
        return "", 0.0
    end_ns = _alone_until(one, one.since_ns, one.until_ns, times, apart_ns)
    if not end_ns:
        return "", 0.0
    mine = _between(rows, one.since_ns, end_ns)
    moved = sum(delta for _, delta in mine)
    if not moved:
        return "lost", 0.0
    verdict: Verdict = "once" if moved == one.delta else "twice" if moved == 2 * one.delta else "unclear"
    for at_ns in one.later_ns if verdict == "once" else ():
        later_ns = _alone_until(one, at_ns, at_ns, times, apart_ns)
        if at_ns >= end_ns and later_ns and sum(units for _, units in _between(rows, at_ns, later_ns)) == one.delta:
            verdict = "twice"
    return verdict, float(max(0, mine[0][0] - one.since_ns))


def _alone_until(one: _News, since_ns: int, until_ns: int, times: Times, apart_ns: int) -> int:
    """When the next news of another event came; 0 if other news were near."""
    place = bisect_left(times, (since_ns, -1))
    before = next(
        (at_ns for at_ns, event in reversed(times[max(0, place - NEAR_MAX) : place]) if event != one.event), 0
    )
    after = next((at_ns for at_ns, event in times[place : place + NEAR_MAX] if event != one.event), FAR_NS)
    return after if since_ns - before >= apart_ns and after - until_ns >= apart_ns else 0


def _between(rows: Times, from_ns: int, to_ns: int) -> Times:
    return rows[bisect_left(rows, (from_ns, -FAR_NS)) : bisect_left(rows, (to_ns, -FAR_NS))]
