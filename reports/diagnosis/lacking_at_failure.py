"""Listings that are wrong at rest because a push failed, or a process ended, just after a change that they lack.

Where it cannot be told which changes a listing lacks, its last change stands for them.
"""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.lacking import first_lacking
from stockstorm.reports.diagnosis.moments import followed
from stockstorm.reports.diagnosis.push_forgotten import ANSWERS
from stockstorm.reports.diagnosis.wrong_listings import right_and_wrong
from stockstorm.reports.result import Diagnosis
from stockstorm.simulator.history import facts as f

CHECKS: Final = ("drift", "sync_latency", "nothing_lost", "oversell", "crisis_time")
STORE: Final = "store what is still to be pushed, and push it after the next start"
REJECTED: Final = "rows_rejected"


class LackingAtFailure(Diagnose):
    name = "lacking_at_failure"
    checks = CHECKS
    at_rest = True
    after = (
        "no_call",
        "stops",
        "channel_frozen",
        "burst_end",
        "push_forgotten",
        "overtaken",
        "pushed_before",
        "old_read",
        "rounded",
        "committed_listed",
        "old_retry",
    )

    def __call__(self, case: Case) -> Iterator[Found]:
        right, wrong = right_and_wrong(case)
        lacked = _lacked(case, wrong)
        bad = sorted(set(lacked.values()))
        skus = {one.sku for one in right} - {one.sku for one in wrong}
        good = [change.at_ns for change in case.history.all(f.StockChanged) if change.sku in skus]
        for what, moments, remedy in _suspects(case):
            near = followed([at_ns for _, at_ns in bad], good, moments)
            if near is None:
                continue
            covered = {bad[place] for place in near.covers}
            listings = [one for one in wrong if lacked.get((one.channel, one.sku)) in covered]
            yield Found(
                Diagnosis(
                    self.name,
                    f"{near.bad} of {near.bad_of} changes that listings lack came less than {near.window} before "
                    f"{what}",
                    (
                        f"{near.good} of {near.good_of} changes of SKUs whose listings are right did",
                        "wrong: "
                        + quoted(
                            f"{one.sku} on {one.channel} shows {one.listed} and lacks a change at "
                            f"{case.when(lacked[one.channel, one.sku][1])}"
                            for one in listings
                        ),
                    ),
                    remedy,
                    case.consequences(*CHECKS),
                    min(at_ns for _, at_ns in covered),
                ),
                frozenset(f"listing {one.channel} {one.sku}" for one in listings),
            )


def _lacked(case: Case, wrong: list[f.FinalListing]) -> dict[tuple[str, str], tuple[str, int]]:
    """By channel and SKU: SKU and time of the first change that a wrong listing lacks, of those not pushed since."""
    changed = {change.sku: change.at_ns for change in case.history.all(f.StockChanged)}
    pushed = {(push.channel, push.sku): push.at_ns for push in case.history.all(f.ListingPushed)}
    first = first_lacking(case, wrong)
    found: dict[tuple[str, str], tuple[str, int]] = {}
    for one in wrong:
        key, last = (one.channel, one.sku), changed.get(one.sku, 0)
        if pushed.get(key, 0) <= last:
            found[key] = one.sku, first[key].at_ns if key in first else last
    return found


def _suspects(case: Case) -> Iterator[tuple[str, list[int], str]]:
    yield "a push failed or was taken in part", _failed_pushes(case), ANSWERS
    yield "a process of the service ended", [at_ns for at_ns, _ in case.process_ends], STORE


def _failed_pushes(case: Case) -> list[int]:
    marketplaces = set(case.history.marketplaces)
    return [
        call.at_ns
        for call in case.calls
        if call.api in marketplaces
        and call.operation == "PUT listings"
        and (call.outcome not in {"ok", "replayed"} or call.injected == REJECTED or call.errors)
    ]
