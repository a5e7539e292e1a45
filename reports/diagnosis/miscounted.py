"""Listings that were pushed after the last change of their SKU, and show the same wrong quantity on every marketplace.

Where the subject's own stock is right, no change is lacking then, and no push: what it makes of its stock for listings
is off. As a rule that is the stock less what is sold and not written yet, which two transactions change at a time, or
which a process that ends forgets.
"""

import math
from collections.abc import Collection, Iterator, Sequence
from typing import Final, NamedTuple

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.contrast import chance
from stockstorm.reports.diagnosis.lacking import CHECKS
from stockstorm.reports.diagnosis.overtaken import last_moved_ns
from stockstorm.reports.diagnosis.traits import TOPIC_OF
from stockstorm.reports.diagnosis.wrong_listings import right_and_wrong
from stockstorm.reports.history.deliveries import NEVER_NS
from stockstorm.reports.history.faults import ENDS
from stockstorm.reports.result import Diagnosis, verb
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

SKUS_MIN: Final = 3
MARKETPLACES_MIN: Final = 2
SHARE_MIN: Final = 0.8
CHANCE_MAX: Final = 0.01
UNDER_WAY_NS: Final = SECOND_NS  # after an order came, before its process ended
RESTARTED: Final = "under way while a process of the service that had ended was not ready again"
ADDED: Final = (
    "look at what is added to the stock and taken from it before a push, such as units that are sold and not written "
    "yet: two transactions that read a row and write it back erase each other's change, so lock the row or let the "
    "database add"
)
KEPT: Final = (
    "look at what is added to the stock and taken from it before a push, such as units that are sold and not written "
    "yet: store it, and neither forget it nor count it anew when a process starts"
)


class Met(NamedTuple):
    """How many SKUs with wrong listings, and of how many with right ones, had an order in a time without a process."""

    begin_ns: int
    end_ns: int
    bad: int
    good: int
    good_of: int

    def text(self, case: Case) -> str:
        """As evidence."""
        return (
            f"the process ended at {case.when(self.begin_ns)} and was ready at {case.when(self.end_ns)}; "
            f"{self.good} of {self.good_of} SKUs whose listings are right had such an order"
        )


class Miscounted(Diagnose):
    name = "miscounted"
    checks = CHECKS
    at_rest = True
    after = (
        "no_call", "stops", "few_topics", "one_location", "sum_at_location", "negative_level", "null_level",
        "channel_frozen", "unknown_skus", "never_pushed", "listing_rule", "same_difference", "share_listed", "rounded",
        "wrong_sign", "last_units", "capped", "small_steps", "overtaken", "pushed_before", "old_read", "never_released",
        "committed_listed",
    )  # fmt: skip

    def __call__(self, case: Case) -> Iterator[Found]:
        wrong = right_and_wrong(case)[1]
        by_sku: dict[str, list[f.FinalListing]] = {}
        for one in wrong:
            by_sku.setdefault(one.sku, []).append(one)
        skus = sorted(sku for sku, listings in by_sku.items() if _is_off(case, sku, listings))
        stock = {final.sku: final.available for final in case.history.all(f.FinalStock)}
        own = {probed.sku: probed.available for probed in case.history.all(f.StockProbed)}
        right = sum(own.get(sku) == stock[sku] for sku in skus)
        if len(skus) < max(SKUS_MIN, SHARE_MIN * len(by_sku)) or right < SHARE_MIN * len(skus):
            return
        covered = [one for sku in skus for one in by_sku[sku]]
        met = _met_restart(case, skus, by_sku)
        yield Found(
            Diagnosis(
                self.name,
                f"{len(skus)} of {len(by_sku)} SKUs with wrong listings {verb(len(skus), 'were')} pushed after their "
                "last change, the same wrong quantity to every marketplace: the count from which listings are made "
                "is off" + (f"; {met.bad} of them had an order {RESTARTED}" if met else ""),
                (
                    *([met.text(case)] if met else ()),
                    "wrong: "
                    + quoted(f"{sku} shows {by_sku[sku][0].listed} everywhere, of {stock[sku]}" for sku in skus),
                    f"the service's own stock is right for {right} of {len(skus)}",
                ),
                KEPT if met else ADDED,
                case.consequences(*CHECKS),
            ),
            frozenset(f"listing {one.channel} {one.sku}" for one in covered),
        )


def _met_restart(case: Case, skus: Sequence[str], wrong: Collection[str]) -> Met | None:
    """The time without a process in which most of these SKUs had an order under way, and fewest right ones.

    None where chance explains it.
    """
    heard, heard_ns = case.history.deliveries, dict[str, list[int]]()
    for effect in case.history.orders.effects:
        event = heard.order_event.get((effect.order, TOPIC_OF[effect.kind]), -1)
        heard_ns.setdefault(effect.sku, []).append(heard.first_attempt_ns.get(event, NEVER_NS))
    right = [sku for sku in heard_ns if sku not in wrong]
    away = [one for one in case.history.fault_intervals if one.fault in ENDS or not one.planned]
    scored = []
    for one in away:
        begin_ns = one.begin_ns - UNDER_WAY_NS
        bad, good = (
            sum(any(begin_ns <= at_ns <= one.end_ns for at_ns in heard_ns.get(sku, ())) for sku in some)
            for some in (skus, right)
        )
        if bad >= SHARE_MIN * len(skus):
            score = chance(bad, len(skus), bad + good, len(skus) + len(right))
            scored.append((score, Met(one.begin_ns, one.end_ns, bad, good, len(right))))
    score, met = min(scored, default=(0.0, None))
    return met if score <= math.log(CHANCE_MAX / max(1, len(away))) else None


def _is_off(case: Case, sku: str, listings: list[f.FinalListing]) -> bool:
    """Whether each marketplace shows the same, and was told so after the last change."""
    marketplaces = case.history.marketplaces
    if len(marketplaces) < MARKETPLACES_MIN or {one.channel for one in listings} != set(marketplaces):
        return False
    if len({one.listed for one in listings}) > 1:
        return False
    moved_ns = last_moved_ns(case, sku)
    for one in listings:
        listing = case.history.listings.get((one.channel, sku))
        last = listing.pushes[-1] if listing is not None and listing.pushes else None
        if last is None or last.at_ns <= moved_ns or last.quantity != one.listed:
            return False
    return True
