"""Listings that are wrong at rest because a push failed, or a process ended, just after their last change."""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.moments import followed
from stockstorm.reports.diagnosis.wrong_listings import right_and_wrong
from stockstorm.reports.result import Diagnosis
from stockstorm.simulator.history import facts as f

CHECKS: Final = ("drift", "sync_latency", "nothing_lost", "oversell", "crisis_time")
ANSWERS: Final = "read the answer of every push, row by row, and send again what was refused, failed or got no answer"
STORE: Final = "store what is still to be pushed, and push it after the next start"
REJECTED: Final = "rows_rejected"


class PushForgotten(Diagnose):
    name = "push_forgotten"
    at_rest = True
    after = ("no_call", "stops", "channel_frozen", "overtaken")

    def __call__(self, case: Case) -> Iterator[Found]:
        right, wrong = right_and_wrong(case)
        changed = _last_changes(case)
        pushed = {(push.channel, push.sku): push.at_ns for push in case.history.all(f.ListingPushed)}
        wrong = [one for one in wrong if pushed.get((one.channel, one.sku), 0) <= changed.get(one.sku, 0)]
        for what, moments, remedy in _suspects(case):
            times = [[changed.get(one.sku, 0) for one in some] for some in (wrong, right)]
            near = followed(times[0], times[1], moments)
            if near is None:
                continue
            covered = [wrong[place] for place in sorted(near.covers)]
            yield Found(
                Diagnosis(
                    self.name,
                    f"{near.bad} of {near.bad_of} wrong listings last changed less than {near.window} before {what}",
                    (
                        f"{near.good} of {near.good_of} right ones did",
                        "wrong: " + quoted(f"{one.sku} on {one.channel} shows {one.listed}" for one in covered),
                    ),
                    remedy,
                    case.consequences(*CHECKS),
                    min(changed.get(one.sku, 0) for one in covered),
                ),
                frozenset(f"listing {one.channel} {one.sku}" for one in covered),
            )


def _suspects(case: Case) -> Iterator[tuple[str, list[int], str]]:
    yield "a push failed or was taken in part", _failed_pushes(case), ANSWERS
    yield "a process of the service ended", [at_ns for at_ns, _ in case.process_ends], STORE


def _last_changes(case: Case) -> dict[str, int]:
    return {change.sku: change.at_ns for change in case.history.all(f.StockChanged)}


def _failed_pushes(case: Case) -> list[int]:
    marketplaces = set(case.history.marketplaces)
    return [
        call.at_ns
        for call in case.calls
        if call.api in marketplaces
        and call.operation == "PUT listings"
        and (call.outcome not in {"ok", "replayed"} or call.injected == REJECTED or call.errors)
    ]
