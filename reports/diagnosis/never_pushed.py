"""SKUs that no push ever set, on any marketplace, while the others were set."""

from collections.abc import Collection, Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.wrong_listings import right_and_wrong
from stockstorm.reports.result import Diagnosis, counted, verb
from stockstorm.simulator.history import facts as f

SKUS_MIN: Final = 2
SHARE_MIN: Final = 0.8  # of the SKUs with a wrong listing


class NeverPushed(Diagnose):
    name = "never_pushed"
    at_rest = True
    checks = ("drift", "nothing_lost", "sync_latency", "oversell", "crisis_time", "refused_though_available")
    after = ("no_call", "stops", "few_topics", "catalogue_cut", "channel_frozen", "unknown_skus")

    def __call__(self, case: Case) -> Iterator[Found]:
        never, wrong = never_set(case)
        set_once = {push.sku for push in case.history.all(f.ListingPushed)}
        if not set_once or len(never) < max(SKUS_MIN, SHARE_MIN * len(wrong)):
            return
        listings = frozenset(f"listing {market} {sku}" for market in case.history.marketplaces for sku in never)
        yield Found(
            Diagnosis(
                self.name,
                f"{len(never)} of {counted(len(wrong), 'SKU')} with wrong listings "
                f"{verb(len(never), 'were')} never set by any push, on no "
                f"marketplace{_alike(case, never, set_once)}",
                (
                    _others(set_once, {one.sku for one in right_and_wrong(case)[0]} - set(wrong)),
                    f"never set: {quoted(never)}",
                ),
                "look at what the pushes leave out: a filter, a mapping of SKUs, a list that is cut",
                case.consequences(*self.checks),
            ),
            listings | {f"sku {sku}" for sku in never},
            "no push ever set this SKU",
            listings,
        )


def never_set(case: Case) -> tuple[list[str], list[str]]:
    """SKUs with wrong listings that no push ever set, and all SKUs with wrong listings."""
    set_once = {push.sku for push in case.history.all(f.ListingPushed)}
    wrong = list(dict.fromkeys(one.sku for one in right_and_wrong(case)[1]))
    return [sku for sku in wrong if sku not in set_once], wrong


def _others(set_once: Collection[str], right: Collection[str]) -> str:
    """ "of the 54 SKUs whose listings are right, all were set"."""
    those = sum(sku in set_once for sku in right)
    if not right:
        return f"{counted(len(set_once), 'other SKU')} {verb(len(set_once), 'were')} set"
    which = "all" if those == len(right) else f"{those:,}"
    return (
        f"of {counted(len(right), 'SKU')} whose listings are right, {which} "
        f"{verb(0 if which == 'all' else those, 'were')} set"
    )


def _alike(case: Case, never: Collection[str], others: Collection[str]) -> str:
    """ ", and all of them end in 7", if no other SKU does."""
    places = {sku: item.location_id for sku, item in case.history.items.items()}
    of_never = {places[sku] for sku in never if sku in places}
    if len(of_never) == 1 and not any(places.get(sku) in of_never for sku in others):
        return f", and all of them are of location {of_never.pop()}"
    for what, part in (("end in", slice(-1, None)), ("end in", slice(-2, None)), ("begin with", slice(0, 3))):
        parts = {sku[part] for sku in never}
        if len(parts) == 1 and not any(sku[part] in parts for sku in others):
            return f", and all of them {what} {parts.pop()}"
    return ""
