"""Order events that were never sent, that the subject read by API, and that the master lacks all the same.

It cannot be told from outside why they were not applied. That the lacking ones were the youngest when they were read,
or the last ones of their answers, tells of a read that leaves some out, and of a cursor that is moved beyond them. Each
of the two is told only where chance does not explain it: a few events among a few others are the youngest by chance.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import combinations
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.contrast import chance, fit
from stockstorm.reports.diagnosis.lost_events import CHECKS
from stockstorm.reports.diagnosis.skipped_reads import CHANCE_MAX, CURSOR, SHARE_MIN
from stockstorm.reports.history.deliveries import NEVER_NS
from stockstorm.reports.history.event_outcomes import ORDER_KINDS
from stockstorm.reports.history.unsent import Unsent
from stockstorm.reports.result import Diagnosis, counted, verb
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

EVENTS_MIN: Final = 2
LEFT_OUT: Final = "a read that leaves out what is too young, or does not fit, must not move its cursor beyond it"
LAST_CHANCE_MAX: Final = 0.01
APPLY: Final = "apply every row of an answer, whether its webhook came or not, before the cursor is stored"
PARTS_OF_MAX: Final = 10


class ReadNotApplied(Diagnose):
    name = "read_not_applied"
    checks = CHECKS
    at_rest = True
    after = ("no_call", "stops", "calls_refused", "wrong_token", "not_played", "skipped_reads")

    def __call__(self, case: Case) -> Iterator[Found]:
        marketplaces = set(case.history.marketplaces)
        read = [
            one
            for one in case.history.unsent
            if one.shown_ns < NEVER_NS and one.event.topic in ORDER_KINDS and one.event.source in marketplaces
        ]
        lacked = _by_units(case, read) if case.history.orders.net_only else _by_references(case, read)
        if len(lacked) < EVENTS_MIN:
            return
        numbers = {one.event.event for one in lacked}
        others = [one for one in read if one.event.event not in numbers]
        which = _which(case, lacked, others)
        applies = "does not apply all that it reads" if others else "does not apply what it reads"
        yield Found(
            Diagnosis(
                self.name,
                f"{counted(len(lacked), 'order event')} that the master lacks "
                f"{verb(len(lacked), 'were')} never sent, and the service read them in an "
                f"answer of their marketplace's API{which}: it {applies}",
                (
                    *(
                        [f"{counted(len(others), 'other event')} that it read in the same way the master has"]
                        if others
                        else []
                    ),
                    "lacking, for example, "
                    + quoted(f"{case.named(one.event)}, read at {case.when(one.shown_ns)}" for one in lacked),
                ),
                f"{LEFT_OUT}: {CURSOR}" if which else APPLY,
                case.consequences(*CHECKS),
                lacked[0].event.at_ns,
            ),
            frozenset(f"event {number}" for number in numbers),
        )


def _which(case: Case, lacked: Sequence[Unsent], others: Sequence[Unsent]) -> str:
    """What sets the lacking ones apart from those that were applied, as the end of a clause; "" if nothing does."""
    oldest_ns, youngest_ns = max(map(_age_ns, lacked)), min(map(_age_ns, others), default=0)
    count = len(lacked)
    if oldest_ns <= youngest_ns and chance(count, count, count, count + len(others)) <= math.log(CHANCE_MAX):
        return f", none of them later than {oldest_ns / SECOND_NS:.3f} s after it happened"
    answers = _places(case, lacked, others)
    mixed = [one for one in answers if all(one)]
    log_chance = -sum(math.log(math.comb(len(some) + len(rest), len(some))) for some, rest in mixed)
    last = all(min(some) > max(rest) for some, rest in mixed)
    if last and log_chance <= math.log(LAST_CHANCE_MAX):
        return f", after those that it applied in each of {counted(len(mixed), 'answer')} with both"
    return ""


def _places(case: Case, lacked: Sequence[Unsent], others: Sequence[Unsent]) -> Collection[tuple[list[int], list[int]]]:
    """By answer: where in it the lacking orders stand, and where the others do."""
    rows = {(told.channel, told.at_ns): told.orders for told in case.history.all(f.OrdersShown)}
    found: defaultdict[tuple[str, int], tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for place, some in enumerate((lacked, others)):
        for one in some:
            answer = one.event.source, one.shown_ns
            if one.event.order in (orders := rows.get(answer, ())):
                found[answer][place].append(orders.index(one.event.order))
    return found.values()


def _age_ns(one: Unsent) -> int:
    return one.shown_ns - one.event.at_ns


def _by_references(case: Case, read: Sequence[Unsent]) -> list[Unsent]:
    """Those of the read ones that the master lacks, if most of what it lacks is among them."""
    orders, pending = case.history.orders, case.history.pending.orders
    missing = {
        (effect.order, effect.kind)
        for effect in orders.effects
        if effect.version < 0 and not effect.settled and effect.order not in pending
    }
    lacked = [one for one in read if (one.event.order, ORDER_KINDS[one.event.topic]) in missing]
    return lacked if len(lacked) >= SHARE_MIN * len(missing) else []


def _by_units(case: Case, read: Sequence[Unsent]) -> list[Unsent]:
    """Those without which the master is wrong by just what it is wrong by, if they are about most SKUs that are wrong.

    All of them may be lacking, or of each SKU any part. Then it must be no chance that so many of the SKUs that are
    wrong are among the few that these are about.
    """
    of_sku: dict[str, list[tuple[int, int]]] = {}
    for one in read:
        for effect in case.history.orders.of_order(one.event.order, ORDER_KINDS[one.event.topic]):
            of_sku.setdefault(effect.sku, []).append((one.event.event, effect.delta))
    wrong, items = case.differences, len(case.history.items)
    sums = {sku: off for sku, some in of_sku.items() if (off := -sum(units for _, units in some))}
    hits, score = fit(wrong, sums, items)
    if hits >= SHARE_MIN * max(len(wrong), len(sums)) and score <= math.log(CHANCE_MAX):
        return list(read)
    fitting = {sku: _parts_with_sum(some, -wrong[sku]) for sku, some in of_sku.items() if sku in wrong}
    hits = sum(map(bool, fitting.values()))
    if hits < SHARE_MIN * len(wrong):
        return []
    sold = len({effect.sku for effect in case.history.orders.effects})
    if chance(hits, len(wrong), len(of_sku), sold) > math.log(CHANCE_MAX):
        return []
    lacked = {number for parts in fitting.values() for number in parts}
    return [one for one in read if one.event.event in lacked]


def _parts_with_sum(some: Sequence[tuple[int, int]], wanted: int) -> frozenset[int]:
    """The smallest part of (event, units) with this sum; empty if there is none. Of many only the last are tried."""
    some = some[-PARTS_OF_MAX:]
    for size in range(1, len(some) + 1):
        for part in combinations(some, size):
            if sum(units for _, units in part) == wanted:
                return frozenset(number for number, _ in part)
    return frozenset()
