"""Pushes that put a listing back to an older state.

In the order of arrival; with what a read from before the newer change had shown; or by two workers at the same time.
"""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.history.ledgers import NEVER
from stockstorm.reports.history.reads import reads_of
from stockstorm.reports.result import Diagnosis, Incident, counted
from stockstorm.simulator.clock import SECOND_NS

FOLLOWS_NS: Final = 2 * SECOND_NS  # an event's arrival and the push that it caused
MOST: Final = 0.6
READ_WITHIN_NS: Final = 10 * SECOND_NS  # a read that took long, and the push of what it showed
WRONG_SHARE_MIN: Final = 0.5  # of the listings that are wrong at rest
PASSED: Final = ("stale_overwrite", "sync_latency", "oversell", "unexplained_push")


class OldOverNew(Diagnose):
    name = "old_over_new"
    checks = (*PASSED, "drift")
    after = ("wrong_sign", "same_difference", "last_units", "rounded", "committed_listed")

    def __call__(self, case: Case) -> Iterator[Found]:
        stale = case.incidents("stale_overwrite")
        if not stale:
            return
        total = sum(check.incidents_total for check in case.checks if check.name == "stale_overwrite")
        why, remedy, seen = _why(case, stale)
        yield Found(
            Diagnosis(
                self.name,
                f"{counted(total, 'push', 'pushes')} put an older state over a newer one: {why}",
                (seen, stale[0].text),
                remedy,
                case.consequences(*(self.checks if _is_wrong_at_rest(case, stale) else PASSED)),
                stale[0].at_ns,
            ),
            frozenset(f"listing {one.channel} {one.sku}" for one in stale),
        )


def _why(case: Case, stale: list[Incident]) -> tuple[str, str, str]:
    """Why the older state came later, what to do about it, and what shows it."""
    late = sum(_follows_late_arrival(case, one) for one in stale)
    seen = f"{late} of {len(stale)} came within {FOLLOWS_NS // SECOND_NS} s of an older event that came late"
    if late >= MOST * len(stale):
        return (
            "it follows the order in which events arrive",
            (
                "compare versions before a push (X-Shopify-Triggered-At, updated_at), and on a tie or a gap read the "
                "level by API; what arrives late must not be pushed"
            ),
            seen,
        )
    if (read := _of_old_reads(case, stale)) >= MOST * len(stale):
        return (
            "each shows a read from before the newer change, which arrived while the read was under way",
            (
                "date what a read shows by the time before the call, and keep what is newer; where a change came while "
                "it was under way, read again"
            ),
            f"{read} of {len(stale)} show what the last read before them had shown",
        )
    return (
        "hardly any followed an event that came late, as where two pushes of one SKU overtake each other",
        "let one worker push a SKU at a time, and read what to push inside of that lock, not before it",
        seen,
    )


def _of_old_reads(case: Case, stale: list[Incident]) -> int:
    """How many of these pushes show what the last read had shown, and came soon after it."""
    history, found = case.history, 0
    reads = reads_of(history, {one.sku for one in stale})
    for one in stale:
        listing = history.listings.get((one.channel, one.sku))
        places = [] if listing is None else [n for n, push in enumerate(listing.pushes) if push.at_ns == one.at_ns]
        if listing is None or not places:
            continue
        read = reads[one.sku].before(listing.push_seqs[places[0]], queries=True)
        if read is None or one.at_ns - history.facts[read.seq].at_ns > READ_WITHIN_NS:
            continue
        shows = max(0, listing.ledger.available[listing.ledger.last_state(read.version)] - history.safety_stock)
        found += listing.pushes[places[0]].quantity == shows
    return found


def _is_wrong_at_rest(case: Case, stale: list[Incident]) -> bool:
    """Whether such listings are a good part of those that are wrong at rest; the others were put right by a push."""
    wrong = {(one.channel, one.sku) for one in case.incidents("drift") if one.channel}
    older = {(one.channel, one.sku) for one in stale} | {row for row in wrong if _went_back(case, row)}
    return len(wrong & older) >= WRONG_SHARE_MIN * len(wrong)


def _went_back(case: Case, row: tuple[str, str]) -> bool:
    """Whether the last push of a listing stands for an older state than one before it, as the latest that each can.

    That is no proof, since an earlier state may have had the quantity of the one before. So it is no stale overwrite.
    """
    listing = case.history.listings.get(row)
    if listing is None or len(listing.pushes) < 2:
        return False
    return NEVER < listing.matched[-1] < listing.matched_most[-2]


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
