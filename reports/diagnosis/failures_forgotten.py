"""Writes that failed or had no answer, and rows of a push that was rejected or failed, which were not sent again.

A write is known by its idempotency key. One that a service repeats under a new key counts as not repeated: the call
without an answer may have been executed. So may one that is told that its first try is in progress.

Rows are told where they made listings late. Listings that are wrong at rest for them have a cause of their own.
"""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, ordered, quoted
from stockstorm.reports.diagnosis.push_forgotten import not_taken
from stockstorm.reports.history.channel_orders import tokens
from stockstorm.reports.history.order_effects import Row
from stockstorm.reports.result import Diagnosis, counted, verb
from stockstorm.simulator.api.exchange import request_id
from stockstorm.simulator.config import API_FAULTS
from stockstorm.simulator.history import facts as f

SHARE_MIN: Final = 0.05  # of rejected rows; one whose quantity is right again need not be pushed
IN_PROGRESS: Final = "in_progress"
CHECKS: Final = (
    "nothing_lost", "applied_twice", "drift", "event_classes", "oversell", "sync_latency", "order_latency",
    "crisis_time",
)  # fmt: skip
OF_LISTINGS: Final = ("oversell", "sync_latency", "crisis_time", "refused_though_available", "lost_units")


class FailuresForgotten(Diagnose):
    name = "failures_forgotten"
    at_rest = True

    def __call__(self, case: Case) -> Iterator[Found]:
        yield from _writes(self.name, case)
        if not not_taken(case):
            yield from _rows(self.name, case)


def _writes(name: str, case: Case) -> Iterator[Found]:
    waiting = _waiting(case)
    failed: dict[str, f.ApiCalled] = {}
    last: dict[str, f.ApiCalled] = {}
    for call in case.calls:
        if call.api == "admin" and call.key:
            last[call.key] = call
            if _unanswered(call) and call.request not in waiting:
                failed[call.key] = call
    forgotten = [call for key, call in failed.items() if last[key] is call]
    if not forgotten:
        return
    executed = sum(call.outcome in {"ok", "replayed", IN_PROGRESS} for call in forgotten)
    of = dict(ordered(map(_how, failed.values())))
    kinds = ", ".join(f"{count:,} of {of[what]:,} that met {what}" for what, count in ordered(map(_how, forgotten)))
    yield Found(
        Diagnosis(
            name,
            f"{len(forgotten):,} of {counted(len(failed), 'write')} that failed or had no answer "
            f"{verb(len(forgotten), 'were')} not sent again under the same idempotency key: "
            f"{_again(case, forgotten)}",
            (
                f"{kinds}; {executed:,} of them had been executed",
                f"first at {case.when(forgotten[0].at_ns)}: "
                + quoted(f"{request_id(call.request)} (idempotency key {call.key})" for call in forgotten),
            ),
            "keep the key with the write, and send both again until there is an answer, also after a restart",
            case.consequences(*CHECKS),
            forgotten[0].at_ns,
        ),
        frozenset(f"call {call.request}" for call in forgotten),
    )


def _waiting(case: Case) -> set[int]:
    """Calls that were never answered and that the subject never gave up, so it has had no failure to forget."""
    return {one.call.request for one in case.history.held_calls if not one.given_up}


def _again(case: Case, forgotten: list[f.ApiCalled]) -> str:
    """How many were never sent again, and how many under another key, by the orders that their rows name."""
    keys = {call.request: call.key for call in case.calls}
    named: dict[str, set[str]] = {}  # by idempotency key
    under: dict[str, set[str]] = {}
    rows: list[Row] = [*case.history.all(f.StockChanged), *case.history.all(f.StockUnmoved)]
    for row in rows:
        for token in tokens(row.reference):
            key = keys.get(row.request, "")
            named.setdefault(key, set()).add(token)
            under.setdefault(token, set()).add(key)
    held = [(call.key, named[call.key]) for call in forgotten if call.key in named]
    other = sum(any(under[token] - {key} for token in some) for key, some in held)
    counts = ((len(held) - other, "never"), (other, "under another key"))
    told = [f"{count:,} {how}" for count, how in counts if count]
    if unknown := len(forgotten) - len(held):
        told.append(f"{unknown:,} never or under another key, since {_not_recorded(unknown)}")
    return ", ".join(told)


def _not_recorded(count: int) -> str:
    return f"what {'it' if count == 1 else 'each'} held is not known"


def _unanswered(call: f.ApiCalled) -> bool:
    return call.outcome in {"throttled", "failed", IN_PROGRESS} or call.status == 0 or call.server_failed


def _how(call: f.ApiCalled) -> str:
    if call.outcome == IN_PROGRESS:
        return "the answer that the first try was in progress"
    return API_FAULTS[call.injected] if call.injected else "throttling"


def _rows(name: str, case: Case) -> Iterator[Found]:
    rejected: dict[tuple[str, str], int] = {}
    waiting = _waiting(case)
    for fact in case.history.all(f.RowsNotListed):
        if fact.request in waiting:
            continue
        rejected |= {(fact.channel, sku): fact.at_ns for sku in fact.skus}
    if not rejected:
        return
    pushed = {(push.channel, push.sku): push.at_ns for push in case.history.all(f.ListingPushed)}
    forgotten = [(at_ns, *row) for row, at_ns in rejected.items() if pushed.get(row, 0) <= at_ns]
    if len(forgotten) < max(1, SHARE_MIN * len(rejected)):
        return
    yield Found(
        Diagnosis(
            name,
            f"marketplaces did not take {counted(len(rejected), 'row')} for the moment, rejected or in a failed call; "
            f"{len(forgotten):,} {verb(len(forgotten), 'were')} not pushed again",
            ("for example " + quoted(f"{sku} on {channel} at {case.when(at)}" for at, channel, sku in forgotten),),
            "push again what a failed push held, and what its answer lists under `rejected`",
            case.consequences(*OF_LISTINGS),
            forgotten[0][0],
        ),
        frozenset(f"listing {channel} {sku}" for _, channel, sku in forgotten),
    )
