"""Unexplained push: a quantity that fits no version of the master up to then.

Most of these are no proof against a subject: it may hold back a buffer that it did not declare, or know of orders that
Stockstorm cannot see, and both make a quantity smaller. *Too much* is proof: more than any version of the master up to
then had, less the declared safety stock and with every unit that had come back on a marketplace. No knowledge explains
such a quantity, and a buyer can take units that do not exist. It is invalid.
"""

from bisect import bisect_right
from itertools import accumulate, pairwise

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.history import History
from stockstorm.reports.history.ledgers import Ledger
from stockstorm.reports.history.listings import Listing
from stockstorm.reports.history.mixed import highest_sums
from stockstorm.reports.result import Check, Incident, Tally, unknown
from stockstorm.simulator.history import facts as f


class UnexplainedPush(Checker):
    name = "unexplained_push"
    measures = (
        Measure(
            "unexplained_push.pushes",
            "unexplained pushes",
            "count",
            "pushes that fit no state of the master at all",
            headline=True,
        ),
        Measure(
            "unexplained_push.too_much",
            "pushes of too much",
            "count",
            "pushes of more units than the master ever had up to then",
        ),
        Measure(
            "unexplained_push.of", "pushes", "count", "pushes that were checked for an explanation", more_is_worse=None
        ),
    )

    def __call__(self, history: History) -> Check:
        pushes = len(history.all(f.ListingPushed))
        if not pushes:
            return unknown(self.name, "the subject pushed no listing")
        tally, unexplained = Tally(), 0
        for listing in history.listings.values():
            if "unexplained" in listing.verdicts:
                unexplained += listing.verdicts.count("unexplained")
                for seq, push, most in _too_much(listing):
                    tally.add(_incident(history, listing.ledger, seq, push, most))
        measures = {
            "unexplained_push.pushes": float(unexplained),
            "unexplained_push.too_much": float(tally.total),
            "unexplained_push.of": float(pushes),
        }
        if tally.total:
            reason = f"{tally.total:,} of {pushes:,} pushes offered more units than the master ever had up to then"
            return tally.check(self.name, "invalid", reason, measures)
        reason = f"none of {pushes:,} pushes offered more units than the master ever had up to then"
        if unexplained:
            reason += f"; {unexplained:,} offered less than any version explains, as with an undeclared buffer"
        return tally.check(self.name, "valid", reason, measures)

    def exposure(self, history: History) -> dict[str, int]:
        return {"pushes": len(history.all(f.ListingPushed))}


def _too_much(listing: Listing) -> list[tuple[int, f.ListingPushed, int]]:
    """(sequence number, push, the most that was honest) of each push of too much."""
    most = _most_honest(listing.ledger)
    seqs = [seq for seq, _ in most]
    found = []
    for seq, push, verdict in zip(listing.push_seqs, listing.pushes, listing.verdicts, strict=True):
        if verdict == "unexplained":
            limit = most[max(0, bisect_right(seqs, seq) - 1)][1]
            if push.quantity > limit:
                found.append((seq, push, limit))
    return found


def _most_honest(ledger: Ledger) -> list[tuple[int, int]]:
    """(sequence number, the greatest honest quantity up to then): any version with all units that had come back."""
    shown = highest_sums(ledger) if ledger.parts else zip(ledger.seqs, ledger.available, strict=True)
    levels = [(seq, available, 0) for seq, available in shown]
    levels += [(seq, 0, units) for seq, units in zip(ledger.back_seqs, _steps(ledger.back_totals), strict=True)]
    levels += [(seq, 0, units) for seq, units in zip(ledger.netted_seqs, _steps(ledger.netted_totals), strict=True)]
    levels.sort(key=lambda level: level[0])
    highest = accumulate((available for _, available, _ in levels), max)
    back = accumulate(units for _, _, units in levels)
    return [
        (seq, max(0, top + units - ledger.safety))
        for (seq, _, _), top, units in zip(levels, highest, back, strict=True)
    ]


def _steps(totals: list[int]) -> list[int]:
    return [after - before for before, after in pairwise([0, *totals])]


def _incident(history: History, ledger: Ledger, seq: int, push: f.ListingPushed, most: int) -> Incident:
    shown = ledger.available[ledger.version_at(seq)]
    text = (
        f"{push.channel} was set to {push.quantity} of {push.sku} at {history.offset(push.at_ns)}: the master showed "
        f"{shown} then and allowed {most} at most at any time before"
    )
    return Incident("unexplained_push", push.at_ns, text, push.channel, push.sku, units=push.quantity - most)
