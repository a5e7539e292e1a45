"""Unexplained push: a quantity that fits no version of the master up to then."""

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.history import History
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
            "unexplained_push.of", "pushes", "count", "pushes that were checked for an explanation", more_is_worse=None
        ),
    )

    def __call__(self, history: History) -> Check:
        pushes = len(history.all(f.ListingPushed))
        if not pushes:
            return unknown(self.name, "the subject pushed no listing")
        tally = Tally()
        for listing in history.listings.values():
            for seq, push, verdict in zip(listing.push_seqs, listing.pushes, listing.verdicts, strict=True):
                if verdict == "unexplained":
                    ledger = listing.ledger
                    version = ledger.version_at(seq)
                    least, most = ledger.floor(version, seq), ledger.ceiling(version)
                    text = (
                        f"{push.channel} was set to {push.quantity} of {push.sku} at {history.offset(push.at_ns)}: "
                        f"{least} to {most} would fit, and no earlier version fits either"
                    )
                    tally.add(
                        Incident(
                            "unexplained_push",
                            push.at_ns,
                            text,
                            channel=push.channel,
                            sku=push.sku,
                            units=push.quantity,
                        )
                    )
        measures = {"unexplained_push.pushes": float(tally.total), "unexplained_push.of": float(pushes)}
        reason = f"{tally.total:,} of {pushes:,} pushes fit no version of the master"
        return tally.check(self.name, "valid", reason, measures)

    def exposure(self, history: History) -> dict[str, int]:
        return {"pushes": len(history.all(f.ListingPushed))}
