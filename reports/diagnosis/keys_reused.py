"""Writes under an idempotency key that belongs to another write: the shop answers as it did then, and changes nothing.

A key that is made of what is written, or of the time, is the same for two orders of the same units. It is told where
the units that were not written are those by which the master is wrong.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.contrast import chance, fit
from stockstorm.reports.history.reads import writes_stock
from stockstorm.reports.result import Diagnosis, counted, verb
from stockstorm.simulator.api.exchange import request_id
from stockstorm.simulator.history import facts as f

SHARE_MIN: Final = 0.7  # of the SKUs that the master would be wrong of
CHANCE_MAX: Final = 0.001
TAKEN: Final = frozenset({"ok", "replayed"})
CHECKS: Final = (
    "nothing_lost", "drift", "event_classes", "order_latency", "sync_latency", "oversell", "crisis_time", "lost_units",
)  # fmt: skip


class KeysReused(Diagnose):
    name = "keys_reused"
    checks = CHECKS
    at_rest = True

    def __call__(self, case: Case) -> Iterator[Found]:
        reused = _reused(case)
        skus = _wrong_by(case, reused)
        if not skus:
            return
        first = reused[0]
        yield Found(
            Diagnosis(
                self.name,
                f"{counted(len(reused), 'write')} had the idempotency key of an earlier write that had been answered: "
                f"the shop gave the earlier answer again and changed nothing, and {counted(len(skus), 'SKU')} "
                f"{verb(len(skus), 'are')} wrong in the master by just these units",
                (
                    f"first at {case.when(first.at_ns)}: "
                    + quoted(f"{request_id(call.request)} (idempotency key {call.key})" for call in reused),
                    "wrong: " + quoted(f"{sku} by {case.differences[sku]:+d}" for sku in skus),
                ),
                "draw a new random key for each write, store it with the write, and repeat it only for that one; a key "
                "that is made of the content is the same for two orders of the same units",
                case.consequences(*CHECKS),
                first.at_ns,
            ),
            frozenset(f"call {call.request}" for call in reused),
        )


def _reused(case: Case) -> list[f.ApiCalled]:
    """Repeated writes whose last try had an answer that nothing kept from the subject, which went on running."""
    tries: dict[str, list[f.ApiCalled]] = {}
    for call in case.calls:
        if call.api == "admin" and call.key and writes_stock(call.operation):
            tries.setdefault(call.key, []).append(call)
    found = [again for calls in tries.values() for before, again in pairwise(calls) if _is_another(case, before, again)]
    return sorted(found, key=lambda call: call.at_ns)


def _is_another(case: Case, before: f.ApiCalled, again: f.ApiCalled) -> bool:
    answered = before.outcome in TAKEN and before.status == 200 and not before.injected
    ended = any(before.at_ns <= at_ns <= again.at_ns for at_ns, _ in case.process_ends)
    return answered and again.outcome == "replayed" and not ended


def _wrong_by(case: Case, reused: Sequence[f.ApiCalled]) -> list[str]:
    """SKUs that the master is wrong of by what these writes would have changed. Empty if chance explains them."""
    times: dict[str, int] = {}
    for call in reused:
        times[call.key] = times.get(call.key, 0) + 1
    executed = {call.request: times[call.key] for call in case.calls if call.key in times and call.outcome == "ok"}
    lacked: dict[str, int] = {}
    for row in case.history.all(f.StockChanged) if executed else ():
        if row.request in executed:
            lacked[row.sku] = lacked.get(row.sku, 0) - row.delta * executed[row.request]
    predicted = {sku: units for sku, units in lacked.items() if units}
    of = len(case.history.items)
    hits, score = fit(case.differences, predicted, of)
    if hits == len(predicted):  # then all of these few SKUs, by whatever units, are among those that are wrong
        score = min(score, chance(hits, hits, len(case.differences), of))
    if hits < SHARE_MIN * len(predicted) or score > math.log(CHANCE_MAX):
        return []
    return [sku for sku, units in predicted.items() if case.differences.get(sku) == units]
