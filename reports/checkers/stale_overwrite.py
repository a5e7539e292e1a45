"""Stale overwrite: a push that put a listing back to an older state of the master than it had already shown.

SKUs with an order applied twice are not judged: their quantities fit no state, and applied twice reports them anyway.
Nor are SKUs whose record is off, of a subject that names no orders and lists what is left: which orders its record
includes is not known then, and drift reports the SKU. Of a subject that declared to list less on purpose, a push of no
more than the master showed is none: it need not be old.
"""

from typing import Final

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.history import History
from stockstorm.reports.history.ledgers import Ledger
from stockstorm.reports.result import Check, Incident, Tally, unknown
from stockstorm.simulator.history import facts as f

ON_PURPOSE: Final = (
    "none of them listed more than there was, so if it lists less on purpose, say lists_less = true in its subject file"
)


class StaleOverwrite(Checker):
    name = "stale_overwrite"
    severity = "required"
    measures = (
        Measure(
            "stale_overwrite.pushes",
            "stale overwrites",
            "count",
            "pushes that put a listing back to an older state",
            headline=True,
        ),
        Measure(
            "stale_overwrite.of", "pushes", "count", "pushes that were checked for stale overwrites", more_is_worse=None
        ),
    )

    def __call__(self, history: History) -> Check:
        pushes = len(history.all(f.ListingPushed))
        if not pushes:
            return unknown(self.name, "the subject pushed no listing")
        tally, off, more = Tally(), history.off_skus, 0
        for (_, sku), listing in history.listings.items():
            if sku in history.misfit_skus or (sku in off and not listing.plain):
                continue
            found = zip(listing.push_seqs, listing.pushes, listing.matched, listing.verdicts, strict=True)
            for seq, push, matched, verdict in found:
                if verdict != "stale":
                    continue
                within = _within(listing.ledger, seq, push)
                if not (within and history.lists_less):
                    more += not within
                    tally.add(_incident(history, push, matched))
        measures = {"stale_overwrite.pushes": float(tally.total), "stale_overwrite.of": float(pushes)}
        if tally.total:
            reason = f"{tally.total} of {pushes:,} pushes put a listing back to an older state"
            return tally.check(self.name, "invalid", reason if more else f"{reason}; {ON_PURPOSE}", measures)
        return tally.check(self.name, "valid", f"none of {pushes:,} pushes went back to an older state", measures)

    def exposure(self, history: History) -> dict[str, int]:
        found = history.overtaking
        return {
            "versions reported after a later one": found.overtaken,
            "reported again after a later one": found.repeated,
            "changed twice in one second": history.ties,
        }


def _within(ledger: Ledger, seq: int, push: f.ListingPushed) -> bool:
    """Whether the master showed as many units when they were listed."""
    return push.quantity <= ledger.ceiling(ledger.version_at(seq))


def _incident(history: History, push: f.ListingPushed, matched: int) -> Incident:
    ledger = history.ledgers[push.sku]
    version = ledger.numbers[matched] if matched >= 0 else -1
    event = history.deliveries.version_event.get((push.sku, version), -1)
    text = f"{push.channel} was set to {push.quantity} of {push.sku} at {history.offset(push.at_ns)}: "
    if matched >= 0:
        text += f"that was right at {history.offset(ledger.times_ns[matched])} (version {version})"
    else:
        text += "levels of its locations from before add up to that"
    text += ", but it had already shown a later version"
    return Incident(
        "stale_overwrite",
        push.at_ns,
        text,
        channel=push.channel,
        sku=push.sku,
        units=push.quantity,
        events=(event,) if event >= 0 else (),
    )
