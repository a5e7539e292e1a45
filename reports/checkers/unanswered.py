"""Unanswered: whether the subject gives up a call that never gets a whole answer.

A server can accept a connection and never answer, or stop half-way. Whoever waits without a bound waits for ever, and
with it all that waits for the same worker. It is invalid if a call was still waited for after WAIT_MAX_S: the subject
had not closed the connection, and had begun no call of that operation since. So a client that gives up without closing
is not accused, nor one that has other workers; what waits for such a call shows in the other checks.
"""

from typing import Final

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.history import History
from stockstorm.reports.history.held_calls import HeldCall
from stockstorm.reports.result import Check, Finding, Incident, Tally, counted, verb
from stockstorm.simulator.api.exchange import request_id
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history.facts import Injected

WAIT_MAX_S: Final = 30.0  # what is stale for longer is crisis time
EXPOSED: Final[dict[Injected, str]] = {"unanswered": "calls without any answer", "cut_short": "with half of an answer"}


class Unanswered(Checker):
    name = "unanswered"
    measures = (
        Measure(
            "unanswered.calls",
            "calls never answered",
            "count",
            "calls of the subject that got no whole answer, with the connection left open",
            more_is_worse=None,
        ),
        Measure(
            "unanswered.waiting",
            "calls still waited for",
            "count",
            f"of them, those that the subject still waited for after {WAIT_MAX_S:g} s",
        ),
        Measure(
            "unanswered_s.max",
            "wait for an answer that never came, longest",
            "s",
            "longest time until the subject gave up a call that was never answered, or until the run ended",
        ),
    )

    def __call__(self, history: History) -> Check:
        held = history.held_calls
        if not held:
            return Check(self.name, "not_exercised", "every call was answered, or its connection was closed")
        tally = Tally()
        for one in held:
            if waits(one):
                tally.add(_incident(history, one))
        longest_s = max(one.waited_ns for one in held) / SECOND_NS
        measures = {
            "unanswered.calls": float(len(held)),
            "unanswered.waiting": float(tally.total),
            "unanswered_s.max": longest_s,
        }
        open_ = sum(not one.given_up for one in held)
        reason = f"{counted(len(held), 'call')} {verb(len(held), 'were')} never answered, "
        if tally.total:
            reason += f"and {tally.total:,} of them {verb(tally.total, 'were')} still waited for after {WAIT_MAX_S:g} s"
        else:
            reason += f"and waited for {longest_s:,.1f} s at most"
        verdict: Finding = "invalid" if tally.total else "measured" if open_ == len(held) else "valid"
        return tally.check(self.name, verdict, reason, measures)

    def exposure(self, history: History) -> dict[str, int]:
        kinds = [one.call.injected for one in history.held_calls]
        return {words: kinds.count(kind) for kind, words in EXPOSED.items() if kind in kinds}


def waits(one: HeldCall) -> bool:
    """Whether the subject waited for too long, as far as that is proven."""
    return one.waited_ns > WAIT_MAX_S * SECOND_NS and not one.later


def _incident(history: History, one: HeldCall) -> Incident:
    call, seconds = one.call, one.waited_ns / SECOND_NS
    still = "closed the connection" if one.given_up else "still held the connection"
    text = (
        f"{call.operation} ({call.api}) at {history.offset(call.at_ns)} was never answered; the subject {still} "
        f"{seconds:,.1f} s later, and began no such call in this time ({request_id(call.request)})"
    )
    channel = call.api if call.api in history.marketplaces else ""
    return Incident("unanswered", call.at_ns, text, channel=channel, requests=(call.request,))
