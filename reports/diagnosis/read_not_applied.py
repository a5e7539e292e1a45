"""Order events that were never sent, that the subject read by API, and that the master lacks all the same.

It cannot be told from outside why they were not applied. That the lacking ones are the younger ones when they were read
tells of a read that leaves out what is too young, and of a cursor that is moved beyond it.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.contrast import fit
from stockstorm.reports.diagnosis.lost_events import CHECKS
from stockstorm.reports.diagnosis.skipped_reads import CHANCE_MAX, CURSOR, SHARE_MIN
from stockstorm.reports.history.deliveries import NEVER_NS
from stockstorm.reports.history.event_outcomes import ORDER_KINDS
from stockstorm.reports.history.unsent import Unsent
from stockstorm.reports.result import Diagnosis, counted, verb
from stockstorm.simulator.clock import SECOND_NS

EVENTS_MIN: Final = 2
YOUNG: Final = "a read that leaves out what is too young must not move its cursor beyond it"
APPLY: Final = "apply every row of an answer, whether its webhook came or not, before the cursor is stored"
AGES_NS: Final = tuple(seconds * SECOND_NS for seconds in (1, 2, 5, 10, 30, 60))


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
        oldest, youngest = max(map(_age_ns, lacked)), min(map(_age_ns, others), default=0)
        young = bool(others) and oldest <= youngest
        age = f", none of them later than {oldest / SECOND_NS:.3f} s after it happened" if young else ""
        yield Found(
            Diagnosis(
                self.name,
                f"{counted(len(lacked), 'order event')} that the master lacks "
                f"{verb(len(lacked), 'were')} never sent, and the service read them in an "
                f"answer of their marketplace's API{age}: it does not apply what it reads",
                (
                    *(
                        [f"of {counted(len(others), 'other event')} that it read so the master lacks none"]
                        if others
                        else []
                    ),
                    "lacking, for example, "
                    + quoted(f"{case.named(one.event)}, read at {case.when(one.shown_ns)}" for one in lacked),
                ),
                f"{YOUNG}: {CURSOR}" if young else APPLY,
                case.consequences(*CHECKS),
                lacked[0].event.at_ns,
            ),
            frozenset(f"event {number}" for number in numbers),
        )


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
    """The youngest ones, or all, whose units are just what the master is wrong by."""
    best: tuple[float, list[Unsent]] = (math.log(CHANCE_MAX), [])
    for age_ns in (*AGES_NS, NEVER_NS):
        some = [one for one in read if _age_ns(one) < age_ns]
        sums: dict[str, int] = {}
        for one in some:
            for effect in case.history.orders.of_order(one.event.order, ORDER_KINDS[one.event.topic]):
                sums[effect.sku] = sums.get(effect.sku, 0) - effect.delta
        predicted = {sku: off for sku, off in sums.items() if off}
        hits, score = fit(case.differences, predicted, len(case.history.items))
        if hits >= SHARE_MIN * max(len(case.differences), len(predicted)) and score < best[0]:
            best = score, some
    return best[1]
