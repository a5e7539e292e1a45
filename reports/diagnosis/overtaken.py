"""Listings that are wrong at rest because an older quantity was pushed after the right one.

The right one must have been pushed after the last movement of the SKU. Before that the same number was another state.
A listing that shows what is on the shelf, where the master is wrong, is no older one: the master lacks a change.
"""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.diagnosis.wrong_listings import right_and_wrong
from stockstorm.reports.history.order_effects import SUBJECT_CAUSES
from stockstorm.reports.result import Diagnosis, verb
from stockstorm.simulator.clock import MILLISECOND_NS
from stockstorm.simulator.history import facts as f

SHARE_MIN: Final = 0.5
LAST: Final = 4  # pushes of a listing that are looked at


class Overtaken(Diagnose):
    name = "overtaken"
    checks = ("drift", "sync_latency", "stale_overwrite", "oversell")
    at_rest = True
    after = ("stops", "channel_frozen", "committed_listed")

    def __call__(self, case: Case) -> Iterator[Found]:
        wrong = right_and_wrong(case)[1]
        stock = {final.sku: final.available for final in case.history.all(f.FinalStock)}
        shelf = {final.sku: final.physical for final in case.history.all(f.FinalStock)}
        found: list[tuple[f.FinalListing, f.ListingPushed, f.ListingPushed]] = []
        for one in wrong:
            listing = case.history.listings.get((one.channel, one.sku))
            pushes = listing.pushes[-LAST:] if listing is not None else []
            wanted = max(0, stock[one.sku] - case.history.safety_stock)
            if one.listed == max(0, shelf[one.sku] - case.history.safety_stock):
                continue
            moved = last_moved_ns(case, one.sku)
            right = next((push for push in pushes[:-1] if push.quantity == wanted and push.at_ns >= moved), None)
            if right is not None and pushes[-1].quantity == one.listed:
                found.append((one, right, pushes[-1]))
        if not found or len(found) < SHARE_MIN * len(wrong):
            return
        yield Found(
            Diagnosis(
                self.name,
                f"{len(found)} of {len(wrong)} wrong listings "
                f"{verb(len(found), 'were')} right, and then set to an older quantity",
                tuple(
                    f"{one.sku} on {one.channel} was set to {right.quantity} at {case.when(right.at_ns)}, and "
                    f"{(last.at_ns - right.at_ns) / MILLISECOND_NS:,.0f} ms later to {last.quantity}"
                    for one, right, last in found[:3]
                ),
                "let only one push of a SKU be under way at a time, retries included, and read what to push inside of "
                "that lock",
                case.consequences(*self.checks),
                found[0][2].at_ns,
            ),
            frozenset(f"listing {one.channel} {one.sku}" for one, _, _ in found),
        )


def last_moved_ns(case: Case, sku: str) -> int:
    """When the shelf's stock of a SKU moved last: by an order of a marketplace, or in the shop by anybody else."""
    return max(
        _moved_in_shop(case).get(sku, 0),
        max((effect.at_ns for effect in case.history.effects_of_sku.get(sku, ())), default=0),
    )


def _moved_in_shop(case: Case) -> dict[str, int]:
    known = case.kept.get("moved_in_shop")
    if not isinstance(known, dict):
        known = {
            change.sku: change.at_ns
            for change in case.history.all(f.StockChanged)
            if change.cause not in SUBJECT_CAUSES
        }
        case.kept["moved_in_shop"] = known
    return known
