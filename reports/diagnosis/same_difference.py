"""Listings that all differ from the right quantity by the same number of units, such as the safety stock."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.wrong_listings import right_and_wrong
from stockstorm.reports.result import Diagnosis, counted, units, verb
from stockstorm.simulator.history import facts as f

LISTINGS_MIN: Final = 10
SHARE_MIN: Final = 0.9  # of the wrong listings that a buyer has not counted down to 0
OF_ALL_MIN: Final = 0.5


class SameDifference(Diagnose):
    name = "same_difference"
    at_rest = True
    after = ("no_call", "stops", "channel_frozen")

    def __call__(self, case: Case) -> Iterator[Found]:
        right, wrong = right_and_wrong(case)
        held = case.history.safety_stock
        stock = {final.sku: final.available for final in case.history.all(f.FinalStock)}
        shown = [one for one in wrong if one.listed and stock[one.sku] > held]
        differences = Counter(one.listed - (stock[one.sku] - held) for one in shown)
        if not differences:
            return
        off, count = differences.most_common(1)[0]
        if count < max(LISTINGS_MIN, SHARE_MIN * len(shown), OF_ALL_MIN * (len(right) + len(wrong))):
            return
        why = {held: ": the safety stock is not held back", -held: ": the safety stock is held back twice"}
        way = "many" if off > 0 else "few"
        covered = [one for one in shown if one.listed - (stock[one.sku] - held) == off]
        yield Found(
            Diagnosis(
                self.name,
                f"{count} of {len(wrong)} wrong listings each {verb(count, 'show')} {units(abs(off))} too {way}"
                f"{why.get(off, '')}",
                (
                    (f"the declared safety stock is {units(held)}; {counted(len(right), 'listing')} "
                    f"{verb(len(right), 'are')} right"),
                    "wrong, for example, " + quoted(f"{one.sku} on {one.channel}: {one.listed}" for one in covered),
                ),
                "subtract the safety stock from what is listed once, in one place, and declare it to the run",
                case.consequences(
                    "drift", "nothing_lost", "oversell", "stale_overwrite", "unexplained_push", "sync_latency",
                    "put_back", "refused_though_available",
                ),
            ),
            frozenset(f"listing {one.channel} {one.sku}" for one in covered),
            why.get(off, "").removeprefix(": ") or f"as most listings it shows {units(abs(off))} too {way}",
        )  # fmt: skip
