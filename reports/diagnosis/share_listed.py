"""Listings that show a share of the stock: one for each channel, one above the whole, or one that is no round number.

One usual share of all listings is told as their rule (`listing_rule`).
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.wrong_listings import right_and_wrong
from stockstorm.reports.result import Diagnosis
from stockstorm.simulator.history import facts as f

LISTINGS_MIN: Final = 6  # of a channel that show the share
SHARE_MIN: Final = 0.9  # of its wrong listings; a buyer has counted down some since
OF_ALL_MIN: Final = 0.5
DIFFERENT_MIN: Final = 4  # differences from the stock: of a constant one the cause is another
OFF_MIN: Final = 0.03  # from the whole; nearer to it the listings may just be a little old
TRIED_MAX: Final = 40  # listings of which the share is tried, those with most stock first: they tell it best
CHECKS: Final = (
    "drift", "nothing_lost", "oversell", "stale_overwrite", "unexplained_push", "sync_latency", "put_back",
    "refused_though_available", "crisis_time",
)  # fmt: skip


class _Shown(NamedTuple):
    """A wrong listing beside what it should show."""

    final: f.FinalListing
    stock: int


class ShareListed(Diagnose):
    name = "share_listed"
    checks = CHECKS
    at_rest = True
    after = ("no_call", "stops", "channel_frozen", "listing_rule", "same_difference")

    def __call__(self, case: Case) -> Iterator[Found]:
        right, wrong = right_and_wrong(case)
        held = case.history.safety_stock
        stock = {final.sku: final.available - held for final in case.history.all(f.FinalStock)}
        found: dict[str, tuple[float, list[_Shown]]] = {}
        for channel in case.history.marketplaces:
            shown = [_Shown(one, stock[one.sku]) for one in wrong if one.channel == channel and stock[one.sku] > 0]
            others = sum(one.channel == channel for one in right)
            share, fitting = _share([one for one in shown if one.final.listed])
            if len(fitting) >= max(LISTINGS_MIN, SHARE_MIN * len(shown), OF_ALL_MIN * (others + len(shown))):
                found[channel] = share, fitting
        if found:
            yield _found(self.name, case, found)


def _share(shown: Sequence[_Shown]) -> tuple[float, list[_Shown]]:
    """The share of the stock that most of these show, and which do. It is told only where their differences differ."""
    best: tuple[float, list[_Shown]] = 1.0, []
    for one in sorted(shown, key=lambda each: -each.stock)[:TRIED_MAX]:
        for share in (one.final.listed / one.stock, round(one.final.listed / one.stock, 2)):
            fitting = [each for each in shown if abs(each.final.listed - share * each.stock) < 1]
            if len(fitting) > len(best[1]):
                best = share, fitting
    different = {one.stock - one.final.listed for one in best[1]}
    told = len(different) >= DIFFERENT_MIN and abs(best[0] - 1) >= OFF_MIN
    return best if told else (1.0, [])


def _found(name: str, case: Case, found: dict[str, tuple[float, list[_Shown]]]) -> Found:
    fitting = [one for _, of_channel in found.values() for one in of_channel]
    parts = [f"those of {channel} {share:.0%} of it" for channel, (share, _) in found.items()]
    alike = len({f"{share:.0%}" for share, _ in found.values()}) == 1
    what = f"{next(iter(found.values()))[0]:.0%} of the stock" if alike else f"a share of the stock: {', '.join(parts)}"
    whose = f"{len(fitting):,} wrong listings of {', '.join(found)}"
    less = all(share < 1 for share, _ in found.values())
    remedy = "list the whole quantity: each marketplace sells from the same shelf"
    if less:
        remedy += "; if a part is kept back on purpose, declare it: `lists_less = true` in the subject file"
    return Found(
        Diagnosis(
            name,
            f"{whose} show {what}, each to the unit",
            (
                "for example "
                + quoted(
                    f"{one.final.sku} on {one.final.channel} shows {one.final.listed} of {one.stock}" for one in fitting
                ),
            ),
            remedy,
            case.consequences(*CHECKS),
        ),
        frozenset(f"listing {one.final.channel} {one.final.sku}" for one in fitting),
        f"as other listings it shows {what}" if alike else "as other listings it shows a share of the stock",
    )
