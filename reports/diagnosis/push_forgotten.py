"""Listings that are wrong at rest because a push failed, or a process ended, just after their last change."""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.moments import followed
from stockstorm.reports.diagnosis.wrong_listings import right_and_wrong
from stockstorm.reports.result import Diagnosis
from stockstorm.simulator.history import facts as f

CHECKS: Final = ("drift", "sync_latency", "nothing_lost", "oversell", "crisis_time")
REJECTED: Final = "rows_rejected"


class PushForgotten(Diagnose):
    name = "push_forgotten"
    at_rest = True
    after = ("no_call", "stops", "channel_frozen")

    def __call__(self, case: Case) -> Iterator[Found]:
        wrong, right = right_and_wrong(case)[::-1]
        if not wrong:
            return
        changed = _last_changes(case)
        failed = _failed_pushes(case)
        ends = [at_ns for at_ns, _ in case.process_ends]
        for what, moments, remedy in (
            ("a push failed or was taken in part", failed, "read the answer of every push, row by row, and send again "
             "what was refused, failed or got no answer"),
            ("a process of the service ended", ends, "store what is still to be pushed, and push it after the next start"),
        ):  # fmt: skip
            near = followed(
                [changed.get(one.sku, 0) for one in wrong], [changed.get(one.sku, 0) for one in right], moments
            )
            if near is None:
                continue
            covered = [wrong[place] for place in sorted(near.covers)]
            yield Found(
                Diagnosis(
                    self.name,
                    f"{near.bad} of {near.bad_of} wrong listings changed for the last time less than {near.window} before "
                    f"{what}",
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
