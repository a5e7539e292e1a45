"""Changes that come soon after another one, or after a push, and get no push: the end of a burst is missing.

A subject that waits before it pushes a SKU again, and then forgets to, is right after single changes and wrong after
several of them. So each last change before a calm is looked at: whether any marketplace was told of it in the calm. A
calm in which there is nothing to push, because the changes come to nothing, is left out, and so is one in which some
marketplaces were told. If only changes of one second of the wall clock lack pushes, the second is the cause.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.contrast import chance
from stockstorm.reports.diagnosis.traits import TOPIC_OF
from stockstorm.reports.diagnosis.wrong_listings import right_and_wrong
from stockstorm.reports.history.deliveries import NEVER_NS
from stockstorm.reports.history.order_effects import SUBJECT_CAUSES
from stockstorm.reports.result import Diagnosis
from stockstorm.simulator.clock import MILLISECOND_NS, SECOND_NS
from stockstorm.simulator.history import facts as f

CHECKS: Final = (
    "drift", "sync_latency", "nothing_lost", "oversell", "crisis_time", "refused_though_available", "lost_units",
)  # fmt: skip
AFTER: Final = {"push": "a push of their SKU", "change": "another change of their SKU"}
WINDOWS_NS: Final = tuple(ms * MILLISECOND_NS for ms in (100, 250, 500, 1_000, 2_000, 5_000))
CHANCE_MAX: Final = 0.001 / (len(AFTER) * len(WINDOWS_NS))
UNPUSHED_MIN: Final = 5
BURSTS_SHARE_MIN: Final = 0.5  # of the bursts
OTHERS_SHARE_MAX: Final = 0.1  # of the other changes
APART_MIN: Final = 0.5  # of that share, among changes that are not of the same second as the change before
WRONG_SHARE_MIN: Final = 0.5  # of the wrong listings


class Calm(NamedTuple):
    """The last change of a SKU before a calm, and the time since the change, or the push, before it."""

    sku: str
    at_ns: int
    calm_ns: int
    since: dict[str, int]
    told: frozenset[str]  # marketplaces that got a push in it
    of: int  # how many marketplaces there are
    last: bool  # nothing happened to the SKU after it
    tie: bool  # it is of the same second of the wall clock as the change before

    @property
    def pushed(self) -> bool:
        return bool(self.told)


class Split(NamedTuple):
    """Calms after a change that came so soon, and the others."""

    after: str
    window_ns: int
    soon: list[Calm]
    others: list[Calm]


class BurstEnd(Diagnose):
    name = "burst_end"
    checks = CHECKS
    at_rest = True
    after = ("no_call", "stops", "push_forgotten", "channel_frozen", "never_pushed")

    def __call__(self, case: Case) -> Iterator[Found]:
        wrong = right_and_wrong(case)[1]
        calms = list(_calms(case))
        even = [calm for calm in calms if len(calm.told) in {0, calm.of}]
        found = _best(even)
        if not wrong or found is None:
            return
        last = {calm.sku for calm in calms if calm.last and calm.since[found.after] < found.window_ns}
        listings = [one for one in wrong if one.sku in last]
        if len(listings) < WRONG_SHARE_MIN * len(wrong):
            return
        unpushed = [calm for calm in found.soon if not calm.pushed]
        also = [AFTER[other] for other in AFTER if other != found.after and _fits(even, other, found, unpushed)]
        others = sum(not calm.pushed for calm in found.others)
        yield Found(
            Diagnosis(
                self.name,
                f"the last push of a burst is missing: of {len(found.soon):,} changes that came less than "
                f"{found.window_ns / SECOND_NS:g} s after {AFTER[found.after]}, and were the last ones for as long, "
                f"{len(unpushed):,} were not pushed" + "".join(f"; these came as soon after {one}" for one in also),
                (
                    f"of {len(found.others):,} other changes with nothing after them for as long, {others:,} were not",
                    f"{len(listings)} of {len(wrong)} wrong listings are of SKUs whose last change was such a one: "
                    + quoted(f"{one.sku} on {one.channel}" for one in listings),
                    "not pushed, for example: "
                    + quoted(f"{calm.sku}, changed at {case.when(calm.at_ns)}" for calm in unpushed),
                ),
                "where a push is put off because another one was sent just before, send it when the wait is over",
                case.consequences(*CHECKS),
                min(calm.at_ns for calm in unpushed),
            ),
            frozenset(f"listing {one.channel} {one.sku}" for one in listings),
        )


def _best(calms: Sequence[Calm]) -> Split | None:
    """The split that chance explains least. None where chance explains each, or other changes lack pushes too."""
    scored = [
        (score, split)
        for after in AFTER
        for window_ns in WINDOWS_NS
        if (score := _score(split := _split(calms, after, window_ns))) <= math.log(CHANCE_MAX)
    ]
    return min(scored, key=lambda one: one[0])[1] if scored else None


def _fits(calms: Sequence[Calm], after: str, found: Split, unpushed: Sequence[Calm]) -> bool:
    """Whether all that is not pushed came as soon after this too, and chance does not explain that either."""
    split = _split(calms, after, found.window_ns)
    soon = all(calm.since[after] < found.window_ns for calm in unpushed)
    return soon and _score(split) <= math.log(CHANCE_MAX)


def _split(calms: Sequence[Calm], after: str, window_ns: int) -> Split:
    long = [calm for calm in calms if calm.calm_ns >= window_ns]
    soon = [calm for calm in long if calm.since[after] < window_ns]
    return Split(after, window_ns, soon, [calm for calm in long if calm.since[after] >= window_ns])


def _score(split: Split) -> float:
    """The logarithm of the chance that so many of those that came soon lack a push; 0 where it tells nothing."""
    bad, others = (sum(not calm.pushed for calm in some) for some in (split.soon, split.others))
    if bad < max(UNPUSHED_MIN, BURSTS_SHARE_MIN * len(split.soon)) or others > OTHERS_SHARE_MAX * len(split.others):
        return 0.0
    apart = [not calm.pushed for calm in split.soon if not calm.tie]
    if not apart or sum(apart) / len(apart) < APART_MIN * bad / len(split.soon):
        return 0.0
    return chance(bad, bad + others, len(split.soon), len(split.soon) + len(split.others))


def _calms(case: Case) -> Iterator[Calm]:
    """Every calm after a change."""
    end_ns, clock_ns = case.history.end_ns, case.history.started.wall_ns - case.history.started.at_ns
    pushed: dict[str, dict[str, list[int]]] = {}
    for push in case.history.all(f.ListingPushed):
        pushed.setdefault(push.sku, {}).setdefault(push.channel, []).append(push.at_ns)
    for sku, moves in _moves(case).items():
        of_sku = pushed.get(sku, {})
        every = sorted(at_ns for some in of_sku.values() for at_ns in some)
        since_push, before_ns = 0, -NEVER_NS
        for (at_ns, delta), (next_ns, _) in pairwise([*moves, (end_ns, 0)]):
            place = bisect_right(every, at_ns)
            last_ns = every[place - 1] if place else -NEVER_NS
            since_push = delta + (since_push if last_ns <= before_ns else 0)
            if since_push:
                told = frozenset(name for name, some in of_sku.items() if _any(some, at_ns, next_ns))
                since = {"push": at_ns - last_ns, "change": at_ns - before_ns}
                tie = (at_ns + clock_ns) // SECOND_NS == (before_ns + clock_ns) // SECOND_NS
                yield Calm(sku, at_ns, next_ns - at_ns, since, told, len(of_sku), next_ns == end_ns, tie)
            before_ns = at_ns


def _any(times: Sequence[int], from_ns: int, to_ns: int) -> bool:
    return bisect_right(times, from_ns) < bisect_right(times, to_ns)


def _moves(case: Case) -> dict[str, list[tuple[int, int]]]:
    """By SKU: when the subject could know of each change that it did not make, and by how much, in order of time."""
    heard = case.history.deliveries
    found: dict[str, dict[int, int]] = {}

    def add(sku: str, at_ns: int, delta: int) -> None:
        if at_ns < NEVER_NS:
            of_sku = found.setdefault(sku, {})
            of_sku[at_ns] = of_sku.get(at_ns, 0) + delta

    for effect in case.history.orders.effects:
        event = heard.order_event.get((effect.order, TOPIC_OF[effect.kind]), -1)
        add(effect.sku, heard.first_attempt_ns.get(event, NEVER_NS), effect.delta)
    for change in case.history.all(f.StockChanged):
        if change.cause not in SUBJECT_CAUSES:
            event = heard.version_event.get((change.sku, change.version), -1)
            add(change.sku, heard.first_attempt_ns.get(event, NEVER_NS), change.delta)
    return {sku: sorted(moves.items()) for sku, moves in found.items()}
