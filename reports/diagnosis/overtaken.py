"""Listings that are wrong at rest because an older quantity was pushed after the right one."""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.diagnosis.wrong_listings import right_and_wrong
from stockstorm.reports.result import Diagnosis
from stockstorm.simulator.clock import MILLISECOND_NS
from stockstorm.simulator.history import facts as f

SHARE_MIN: Final = 0.5
LAST: Final = 4  # pushes of a listing that are looked at


class Overtaken(Diagnose):
    name = "overtaken"
    checks = ("drift", "sync_latency", "stale_overwrite", "oversell")
    at_rest = True
    after = ("stops", "channel_frozen")

    def __call__(self, case: Case) -> Iterator[Found]:
        wrong = right_and_wrong(case)[1]
        stock = {final.sku: final.available for final in case.history.all(f.FinalStock)}
        found: list[tuple[f.FinalListing, f.ListingPushed, f.ListingPushed]] = []
        for one in wrong:
            listing = case.history.listings.get((one.channel, one.sku))
            pushes = listing.pushes[-LAST:] if listing is not None else []
            wanted = max(0, stock[one.sku] - case.history.safety_stock)
            right = next((push for push in pushes[:-1] if push.quantity == wanted), None)
            if right is not None and pushes[-1].quantity == one.listed:
                found.append((one, right, pushes[-1]))
        if not found or len(found) < SHARE_MIN * len(wrong):
            return
        yield Found(
            Diagnosis(
                self.name,
                f"{len(found)} of {len(wrong)} wrong listings were right, and then set to an older quantity",
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
