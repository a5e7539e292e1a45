"""Pushes that list what the safety stock should hold back, but only where no more than the safety stock is left.

Such a subject subtracts the safety stock where more is there, and forgets it for the last units. What it lists then was
right when there was more, so the push looks like one of an older state.
"""

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.wrong_listings import right_and_wrong
from stockstorm.reports.result import Diagnosis, Incident, units, verb
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

PUSHES_MIN: Final = 2
SHARE_MIN: Final = 0.8
REMEDY: Final = "list 0 where the stock is no more than the safety stock: max(0, stock - safety stock), in one place"
LATELY_NS: Final = SECOND_NS  # from a change to the push that shows it


class LastUnits(Diagnose):
    name = "last_units"
    checks = ("stale_overwrite", "unexplained_push", "oversell", "drift")
    after = ("wrong_sign", "same_difference", "share_listed")

    def __call__(self, case: Case) -> Iterator[Found]:
        held = case.history.safety_stock
        if not held:
            return
        if case.at_rest and (shown := _at_rest(case, held)) is not None:
            yield shown
            return
        pushes = case.incidents("stale_overwrite", "unexplained_push")
        found = [one for one in pushes if 0 < one.units <= held and _is_all_that_is_left(case, one)]
        if len(found) < max(PUSHES_MIN, SHARE_MIN * len(pushes)):
            return
        yield Found(
            Diagnosis(
                self.name,
                f"{len(found)} of {len(pushes)} wrong pushes "
                f"{verb(len(found), 'list')} all that the master had then, which is no more than "
                f"the safety stock of {units(held)}: it is not held back of the last units",
                (
                    "for example "
                    + quoted(
                        f"{one.sku} on {one.channel}, set to {one.units} at {case.when(one.at_ns)}" for one in found
                    ),
                    "where more was left, listings were right",
                ),
                REMEDY,
                case.consequences(*self.checks),
                found[0].at_ns,
            ),
            frozenset(f"listing {one.channel} {one.sku}" for one in found),
        )


def _at_rest(case: Case, held: int) -> Found | None:
    """The same of what is listed at the end, where nothing is under way that a subject may leave out."""
    wrong = right_and_wrong(case)[1]
    stock = {final.sku: final.available for final in case.history.all(f.FinalStock)}
    found = [one for one in wrong if 0 < one.listed == stock[one.sku] <= held]
    if len(found) < max(PUSHES_MIN, SHARE_MIN * len(wrong)):
        return None
    return Found(
        Diagnosis(
            LastUnits.name,
            f"{len(found)} of {len(wrong)} wrong listings "
            f"{verb(len(found), 'show')} all that the master has, which is no more than the "
            f"safety stock of {units(held)}: it is not held back of the last units",
            ("for example " + quoted(f"{one.sku} on {one.channel} shows {one.listed}" for one in found),),
            REMEDY,
            case.consequences(*LastUnits.checks),
        ),
        frozenset(f"listing {one.channel} {one.sku}" for one in found),
    )


def _is_all_that_is_left(case: Case, push: Incident) -> bool:
    """Whether the master had just as many units when the push was made, or up to a second before."""
    ledger = case.history.ledgers.get(push.sku)
    if ledger is None:
        return False
    last = bisect_right(ledger.times_ns, push.at_ns) - 1
    first = max(0, bisect_right(ledger.times_ns, push.at_ns - LATELY_NS) - 1)
    return push.units in ledger.available[first : last + 1]
