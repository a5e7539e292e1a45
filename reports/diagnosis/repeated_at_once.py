"""A call that fails is tried again without a pause, for as long as it fails."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.history.hammering import Hammered
from stockstorm.reports.result import Diagnosis, counted
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.simulator.api.exchange import request_id
from stockstorm.simulator.clock import MILLISECOND_NS

CHECKS: Final = ("retry_discipline", "throttling", "sync_latency", "order_latency", "crisis_time", "oversell")


class RepeatedAtOnce(Diagnose):
    name = "repeated_at_once"
    checks = CHECKS
    after = ("own_retries",)

    def __call__(self, case: Case) -> Iterator[Found]:
        found = case.history.hammered
        if not found:
            return
        worst = max(found, key=lambda one: len(one.calls))
        tries = [call for one in found for call in one.calls]
        others = f"; so {counted(len(found) - 1, 'other call')}" if len(found) > 1 else ""
        yield Found(
            Diagnosis(
                self.name,
                f"a call that failed was tried {len(worst.calls):,} times within a second, every "
                f"{_gap_ms(worst):.1f} ms (median): {worst.operation} ({worst.api}){_of(worst)} from "
                f"{case.when(worst.calls[0].at_ns)}{others}",
                (
                    "tries: " + quoted(f"{request_id(call.request)}, {_answer(call.status)}" for call in worst.calls),
                    *(_told(case, one) for one in found[:2] if one is not worst),
                ),
                "wait before each retry, twice as long each time, with some chance in it; look whether the times are "
                "seconds where milliseconds are meant, or the other way round",
                case.consequences(*CHECKS),
                worst.calls[0].at_ns,
            ),
            frozenset(f"call {call.request}" for call in tries),
        )


def _of(one: Hammered) -> str:
    return f" of {one.what}" if one.what else ""


def _answer(status: int) -> str:
    return f"answered {status}" if status else "not answered"


def _gap_ms(one: Hammered) -> float:
    gaps = sorted((after.at_ns - before.at_ns) / MILLISECOND_NS for before, after in pairwise(one.calls))
    return quantile(gaps, 0.5)


def _told(case: Case, one: Hammered) -> str:
    at = case.when(one.calls[0].at_ns)
    return f"{one.operation} ({one.api}){_of(one)}: {len(one.calls):,} tries within a second from {at}"
