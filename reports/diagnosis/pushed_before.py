"""Listings whose right quantity was pushed already, before the marketplace sold some of it.

A subject that pushes only what differs from its last push never repeats that quantity: it forgets that a marketplace
counts its own sales down. A single listing could also lack a lost change, so it counts only where that is ruled out.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.diagnosis.overtaken import last_moved_ns
from stockstorm.reports.diagnosis.wrong_listings import right_and_wrong
from stockstorm.reports.result import Diagnosis
from stockstorm.simulator.history import facts as f

LISTINGS_MIN: Final = 2
SHARE_MIN: Final = 0.6
SHOWN: Final = 3


SetBefore: TypeAlias = tuple[f.FinalListing, f.ListingPushed, int]  # with the push, and the units sold since


class PushedBefore(Diagnose):
    name = "pushed_before"
    checks = ("drift", "sync_latency", "oversell", "refused_though_available")
    at_rest = True
    after = ("no_call", "stops", "few_topics", "channel_frozen")

    def __call__(self, case: Case) -> Iterator[Found]:
        wrong, found = right_and_wrong(case)[1], set_before(case)
        if not found:
            return
        were = "was" if len(wrong) == 1 else "were"
        yield Found(
            Diagnosis(
                self.name,
                f"{len(found)} of {len(wrong)} wrong listings {were} last set to the very quantity that is right at "
                "the end, and their marketplace sold some of it since: it was not pushed again",
                tuple(
                    f"{one.sku} on {one.channel} was set to {push.quantity} at {case.when(push.at_ns)}, sold {since} "
                    f"and shows {one.listed}"
                    for one, push, since in found[:SHOWN]
                ),
                "a marketplace counts its own sales down: compare with what the listing shows now, and not with what "
                "was pushed last, or push again what a sale there changed",
                case.consequences(*self.checks),
                found[0][1].at_ns,
            ),
            frozenset(f"listing {one.channel} {one.sku}" for one, _, _ in found),
        )


def set_before(case: Case) -> list[SetBefore]:
    """Such listings; none where they are too few of the wrong ones, or a lost change could explain them."""
    found = case.kept.get("set before")
    if not isinstance(found, list):
        wrong = right_and_wrong(case)[1]
        found = _set_before(case, wrong)
        certain = any(_is_certain(case, one, push) for one, push, _ in found)
        if len(found) < max(1 if certain else LISTINGS_MIN, SHARE_MIN * len(wrong)):
            found = []
        case.kept["set before"] = found
    return found


def _set_before(case: Case, wrong: Sequence[f.FinalListing]) -> list[SetBefore]:
    stock = {final.sku: final.available for final in case.history.all(f.FinalStock)}
    sold = _own_sales(case)
    found: list[SetBefore] = []
    for one in wrong:
        listing = case.history.listings.get((one.channel, one.sku))
        push = listing.pushes[-1] if listing is not None and listing.pushes else None
        wanted = max(0, stock[one.sku] - case.history.safety_stock)
        if push is None or push.quantity != wanted or one.listed >= wanted:
            continue
        times, totals = sold.get((one.channel, one.sku), ([], [0]))
        since = totals[-1] - totals[bisect_right(times, push.at_ns)]
        if since and one.listed == max(0, push.quantity - since):
            found.append((one, push, since))
    return found


def _is_certain(case: Case, one: f.FinalListing, push: f.ListingPushed) -> bool:
    """Whether a lost change cannot explain the listing, so that one is evidence enough.

    The subject pushed the right quantity to another marketplace after the last movement of the SKU, so it knows of it.
    Or all movements since the push cancel out, so two changes would have to be lost, and not one.
    """
    history, moved_ns = case.history, last_moved_ns(case, one.sku)
    since = [effect.delta for effect in history.effects_of_sku.get(one.sku, ()) if effect.at_ns > push.at_ns]
    if len(since) > 1 and not sum(since):
        return True
    right = {final.channel for final in right_and_wrong(case)[0] if final.sku == one.sku}
    listings = [history.listings.get((channel, one.sku)) for channel in right]
    last = [listing.pushes[-1].at_ns for listing in listings if listing is not None and listing.pushes]
    return bool(moved_ns) and any(at_ns > moved_ns for at_ns in last)


def _own_sales(case: Case) -> dict[tuple[str, str], tuple[list[int], list[int]]]:
    """By channel and SKU: when it was sold there, and how many units in all up to each sale, beginning with 0."""
    found: dict[tuple[str, str], tuple[list[int], list[int]]] = {}
    for sale in case.history.all(f.PurchaseAccepted):
        for sku, count in zip(sale.skus, sale.quantities, strict=True):
            times, totals = found.setdefault((sale.channel, sku), ([], [0]))
            times.append(sale.at_ns)
            totals.append(totals[-1] + count)
    return found
