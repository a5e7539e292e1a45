"""A call that is never answered is waited for without a bound."""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.checkers.unanswered import WAIT_MAX_S
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.history.held_calls import HeldCall
from stockstorm.reports.result import Diagnosis, counted, verb
from stockstorm.simulator.api.exchange import request_id
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import API_FAULTS

SHOWN: Final = 4
CHECKS: Final = (
    "unanswered", "sync_latency", "order_latency", "crisis_time", "nothing_lost", "drift", "oversell",
    "refused_though_available", "lost_units", "event_classes", "trend", "stability", "delivery", "delivery_success",
    "ack_time", "channel_outage",
)  # fmt: skip


class NoTimeout(Diagnose):
    name = "no_timeout"
    checks = CHECKS

    def __call__(self, case: Case) -> Iterator[Found]:
        held = [one for one in case.history.held_calls if too_long(one)]
        if not held:
            return
        first, seconds = held[0], held[0].waited_ns / SECOND_NS
        others = f", and {counted(len(held) - 1, 'more call')}" if len(held) > 1 else ""
        yield Found(
            Diagnosis(
                self.name,
                f"call without a timeout: {first.call.operation} ({first.call.api}) at {case.when(first.call.at_ns)} "
                f"was never answered, and the service {_still(first)} {seconds:,.0f} s later{others}",
                (*(_told(case, one) for one in held[:SHOWN]), *_bounded(case, len(held))),
                "give the HTTP client a timeout for the whole call, its connection, head and body, of a few seconds; "
                "then repeat the call, a write under the same idempotency key",
                case.consequences(*CHECKS),
                first.call.at_ns,
            ),
            frozenset(f"call {one.call.request}" for one in held),
        )


def too_long(one: HeldCall) -> bool:
    """Whether a call was waited for longer than anything may be stale."""
    return one.waited_ns > WAIT_MAX_S * SECOND_NS


def _still(one: HeldCall) -> str:
    return "closed the connection only" if one.given_up else "still held the connection"


def _told(case: Case, one: HeldCall) -> str:
    call = one.call
    how = API_FAULTS[call.injected] if call.injected else ""
    later = f"{one.later:,} calls of this operation began" if one.later else "no call of this operation began"
    return (
        f"{request_id(call.request)}, {call.operation} ({call.api}) at {case.when(call.at_ns)} ({how}): {later} since"
    )


def _bounded(case: Case, held: int) -> tuple[str, ...]:
    rest = len(case.history.held_calls) - held
    return (f"{counted(rest, 'other call')} without an answer {verb(rest, 'were')} given up in time",) if rest else ()
