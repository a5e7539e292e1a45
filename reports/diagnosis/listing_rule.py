"""Listings that show fewer units than there are, all by one rule: a cap, a share, or nothing of the last units.

Such a rule can be meant so. Then the service is sound, and nobody told the judge. It is named where one rule fits
nearly all listings, the right ones too.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.wrong_listings import right_and_wrong
from stockstorm.reports.result import Diagnosis, units
from stockstorm.simulator.history import facts as f

WRONG_MIN: Final = 10
DIFFERENT_MIN: Final = 6  # quantities that would be right
FITS_MIN: Final = 0.95  # of the listings that the rule changes
SHARES: Final = (90, 80, 75, 70, 60, 50, 40, 30, 25, 20, 10)  # in percent
SHARE_OF_MIN: Final = 10  # units, from which on a share of them tells something
CHECKS: Final = (
    "drift", "nothing_lost", "stale_overwrite", "unexplained_push", "sync_latency", "channel_outage", "crisis_time",
    "refused_though_available", "never_sent",
)  # fmt: skip


class Row(NamedTuple):
    """A listing at rest: what it shows, and what would be right."""

    final: f.FinalListing
    wanted: int


class ListingRule(Diagnose):
    name = "listing_rule"
    at_rest = True
    checks = CHECKS
    after = ("no_call", "stops", "channel_frozen", "never_pushed")

    def __call__(self, case: Case) -> Iterator[Found]:
        if case.history.lists_less:
            return
        rows, wrong = _rows(case)
        if len(wrong) < WRONG_MIN or len({row.wanted for row in wrong}) < DIFFERENT_MIN:
            return
        if any(row.final.listed > row.wanted for row in wrong):
            return
        rule = _cap(rows, wrong) or _threshold(rows, wrong) or _share(rows)
        if rule:
            yield self._found(case, rule, wrong)

    def _found(self, case: Case, rule: str, wrong: Sequence[Row]) -> Found:
        examples = (f"{row.final.sku} on {row.final.channel} shows {row.final.listed} of {row.wanted}" for row in wrong)
        return Found(
            Diagnosis(
                self.name,
                f"all {len(wrong)} wrong listings show fewer units than there are, and {rule}",
                ("none shows more; for example, " + quoted(examples),),
                "if it is meant so, say lists_less = true in the service's subject file; else list all stock, less "
                "the safety stock that is declared",
                case.consequences(*CHECKS),
            ),
            frozenset(f"listing {row.final.channel} {row.final.sku}" for row in wrong),
        )


def _rows(case: Case) -> tuple[list[Row], list[Row]]:
    """All listings that can be judged, and those that are wrong. What was never pushed shows what it opened with."""
    pushed = {(push.channel, push.sku) for push in case.history.all(f.ListingPushed)}
    stock = {final.sku: final.available for final in case.history.all(f.FinalStock)}
    found = [
        [
            Row(final, max(0, stock[final.sku] - case.history.safety_stock))
            for final in some
            if (final.channel, final.sku) in pushed
        ]
        for some in right_and_wrong(case)
    ]
    return [*found[0], *found[1]], found[1]


def _cap(rows: Sequence[Row], wrong: Sequence[Row]) -> str:
    """That nothing is listed beyond a number. A marketplace may have sold some since."""
    ((most, count),) = Counter(row.final.listed for row in wrong).most_common(1)
    above = [row for row in rows if row.wanted > most]
    fits = max(row.final.listed for row in rows) == most and count >= FITS_MIN * len(above)
    return (
        f"{count} of {len(above)} of which there are more show {most}: no listing shows more than that" if fits else ""
    )


def _threshold(rows: Sequence[Row], wrong: Sequence[Row]) -> str:
    """That nothing is listed of SKUs with fewer units than a number."""
    fewest = max(row.wanted for row in wrong)
    below = [row for row in rows if 0 < row.wanted <= fewest]
    if any(row.final.listed for row in wrong) or len(wrong) < FITS_MIN * len(below):
        return ""
    return f"nothing is listed where there are {units(fewest)} or fewer"


def _share(rows: Sequence[Row]) -> str:
    """That a share of the stock is listed."""
    told = [row for row in rows if row.wanted >= SHARE_OF_MIN]
    for percent in SHARES:
        fits = sum(_is_share(row, percent) for row in told)
        if fits >= max(WRONG_MIN, FITS_MIN * len(told)):
            return f"{fits} of {len(told)} show {percent} % of the stock"
    return ""


def _is_share(row: Row, percent: int) -> bool:
    whole, rest = divmod(row.wanted * percent, 100)
    return row.final.listed in (whole, whole + bool(rest))
