"""Pushes that put a listing back to an older state: in the order of arrival, or by two workers at the same time."""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.result import Diagnosis, Incident, counted
from stockstorm.simulator.clock import SECOND_NS

FOLLOWS_NS: Final = 2 * SECOND_NS  # an event's arrival and the push that it caused
MOST: Final = 0.6
WRONG_SHARE_MIN: Final = 0.5  # of the listings that are wrong at rest
PASSED: Final = ("stale_overwrite", "sync_latency", "oversell", "unexplained_push")


class OldOverNew(Diagnose):
    name = "old_over_new"
    checks = (*PASSED, "drift")
    after = ("wrong_sign", "same_difference", "last_units", "rounded")

    def __call__(self, case: Case) -> Iterator[Found]:
        stale = case.incidents("stale_overwrite")
        if not stale:
            return
        total = sum(check.incidents_total for check in case.checks if check.name == "stale_overwrite")
        late = sum(_follows_late_arrival(case, one) for one in stale)
        if late >= MOST * len(stale):
            why = "it follows the order in which events arrive"
            remedy = (
                "compare versions before a push (X-Shopify-Triggered-At, updated_at), and on a tie or a gap read the "
                "level "
                "by API; what arrives late must not be pushed"
            )
        else:
            why = "hardly any followed an event that came late, as where two pushes of one SKU overtake each other"
            remedy = "let one worker push a SKU at a time, and read what to push inside of that lock, not before it"
        yield Found(
            Diagnosis(
                self.name,
                f"{counted(total, 'push', 'pushes')} put an older state over a newer one: {why}",
                (
                    f"{late} of {len(stale)} came within {FOLLOWS_NS // SECOND_NS} s of an older event that came late",
                    stale[0].text,
                ),
                remedy,
                case.consequences(*(self.checks if _is_wrong_at_rest(case, stale) else PASSED)),
                stale[0].at_ns,
            ),
            frozenset(f"listing {one.channel} {one.sku}" for one in stale),
        )


def _is_wrong_at_rest(case: Case, stale: list[Incident]) -> bool:
    """Whether such listings are a good part of those that are wrong at rest; the others were put right by a push."""
    wrong = {(one.channel, one.sku) for one in case.incidents("drift") if one.channel}
    return len(wrong.intersection((one.channel, one.sku) for one in stale)) >= WRONG_SHARE_MIN * len(wrong)


def _follows_late_arrival(case: Case, stale: Incident) -> bool:
    """Whether an event of that SKU arrived just before the push although a newer one had arrived earlier."""
    deliveries, ledger = case.history.deliveries, case.history.ledgers.get(stale.sku)
    if ledger is None:
        return False
    newest = ledger.numbers[max(0, bisect_right(ledger.times_ns, stale.at_ns) - 1)]
    newest_arrived = 0
    for version in range(newest, max(-1, newest - 50), -1):
        event = deliveries.version_event.get((stale.sku, version), -1)
        arrivals = [
            attempt.sent_ns or attempt.at_ns
            for delivery in deliveries.by_event.get(event, ())
            for attempt in delivery.attempts
            if attempt.started_ns <= stale.at_ns
        ]
        for arrived in arrivals:
            if newest_arrived and newest_arrived < arrived and stale.at_ns - arrived <= FOLLOWS_NS:
                return True
        if arrivals:
            newest_arrived = min([newest_arrived or arrivals[0], *arrivals])
    return False
