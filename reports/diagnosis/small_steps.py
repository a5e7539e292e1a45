"""Small changes are never pushed: pushes of a listing differ by some units, and wrong listings are off by less."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.wrong_listings import right_and_wrong
from stockstorm.reports.result import Diagnosis, verb
from stockstorm.simulator.history import facts as f

PUSHES_MIN: Final = 30
STEP_MIN: Final = 2
SHARE_MIN: Final = 0.9


class SmallSteps(Diagnose):
    name = "small_steps"
    checks = ("drift", "sync_latency", "oversell")
    at_rest = True
    after = ("no_call", "stops", "channel_frozen", "rounded")

    def __call__(self, case: Case) -> Iterator[Found]:
        wrong = right_and_wrong(case)[1]
        steps = [
            abs(later.quantity - earlier.quantity)
            for listing in case.history.listings.values()
            for earlier, later in pairwise(listing.pushes)
        ]
        least = min(steps, default=0)
        stock = {final.sku: final.available for final in case.history.all(f.FinalStock)}
        off = [abs(max(0, stock[one.sku] - case.history.safety_stock) - one.listed) for one in wrong]
        less = sum(one < least for one in off)
        if not wrong or least < STEP_MIN or len(steps) < PUSHES_MIN or less < SHARE_MIN * len(wrong):
            return
        yield Found(
            Diagnosis(
                self.name,
                f"small changes are not pushed: no push of {len(steps):,} differs from the last by less than {least} "
                f"units, and {less} of {len(wrong)} wrong listings {verb(less, 'are')} off by less",
                ("wrong, for example, " + quoted(f"{one.sku} on {one.channel}: {one.listed}" for one in wrong),),
                "push every change, or at least what is left over when nothing changes any more",
                case.consequences(*self.checks),
            ),
            frozenset(f"listing {one.channel} {one.sku}" for one in wrong),
        )
