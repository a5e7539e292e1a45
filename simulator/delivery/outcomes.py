"""What becomes of deliveries: answers go in, and outcomes and further attempts come out.

An open delivery has one attempt under way or to come. Its subscription can be removed meanwhile, by the policy for
failures or because the app is gone.
"""

from typing import Literal

import msgspec

from stockstorm.simulator.config import ForgeryKind, PoisonKind
from stockstorm.simulator.delivery.attempts import Answer, Outgoing
from stockstorm.simulator.delivery.policy import Done, GiveUp, Policy, Retry, forged_outcome, succeeded
from stockstorm.simulator.delivery.routes import DeliveryWorld, Route, Routes
from stockstorm.simulator.history.facts import AnyFact, AttemptEnded, DeliveryEnded, DeliveryOutcome
from stockstorm.simulator.history.texts import without
from stockstorm.simulator.limits import SAID_MAX
from stockstorm.simulator.model import LIFE_TOPICS, PRIVACY_TOPICS


class Dispatch(msgspec.Struct):
    """New facts, in order, and the attempts to make. An attempt can be due later than now."""

    facts: list[AnyFact]
    attempts: list[Outgoing]


class Open(msgspec.Struct, gc=False):
    """A delivery with one attempt under way or to come."""

    route: Route
    due_ns: int  # of that attempt
    topic: str
    forged: ForgeryKind | PoisonKind | Literal[""]
    failures: int = 0  # in a row, with nothing acknowledged on the subscription in between
    acknowledged: int = 0  # what the subscription had acknowledged when the last of them was counted
    dropped: int = 0  # attempts that were repeated at once, because a kept connection had been closed


class Outcomes:
    """The open deliveries of one run. `hidden`: texts that no fact may hold."""

    def __init__(self, world: DeliveryWorld, routes: Routes, policy: Policy, hidden: tuple[str, ...]) -> None:
        self._world, self._routes, self._policy, self._hidden = world, routes, policy, hidden
        self._open: dict[int, Open] = {}
        self._unawaited: set[int] = set()  # open ones that were refused and that no run waits for
        self._cancelled: dict[int, Open] = {}  # ended with their subscription while an attempt was scheduled

    def begin(self, number: int, delivery: Open) -> None:
        """A delivery is open from now on."""
        self._open[number] = delivery

    @property
    def pending(self) -> int:
        """Attempts under way or scheduled, without the next ones of refused requests for privacy."""
        return len(self._open) - len(self._unawaited)

    def wanted(self, outgoing: Outgoing) -> bool:
        """Whether a due attempt is still to be made. It is not when its subscription was removed meanwhile."""
        if outgoing.delivery in self._open:
            return True
        self._cancelled.pop(outgoing.delivery, None)  # it is not made, so no answer comes
        return False

    def described(self, outgoing: Outgoing) -> tuple[str, str]:
        """Topic and kind of forgery ("" for a genuine one) of the attempt's delivery, for statistics."""
        delivery = self._open.get(outgoing.delivery) or self._cancelled.get(outgoing.delivery)
        return ("", "") if delivery is None else (delivery.topic, delivery.forged)

    def answered(self, outgoing: Outgoing, answer: Answer) -> Dispatch:
        """Process the answer to an attempt: the delivery ends, or its next attempt is issued."""
        dispatch = Dispatch([_attempt_ended(outgoing, answer, self._hidden)], [])
        delivery = self._open.get(outgoing.delivery)
        if delivery is None:
            self._cancelled.pop(outgoing.delivery, None)
        elif answer.error == "dropped" and not delivery.dropped:
            delivery.dropped, delivery.due_ns = 1, answer.ended_ns
            dispatch.attempts.append(_next(outgoing, answer.ended_ns))
        elif delivery.forged:
            self.end(outgoing.delivery, forged_outcome(answer), dispatch, answer.ended_ns)
        elif succeeded(answer):
            record = delivery.route.record
            record.acknowledged += 1
            record.failed = 0
            self.end(outgoing.delivery, "acknowledged", dispatch, answer.ended_ns)
        else:
            self._failed(outgoing, answer, delivery, dispatch)
        return dispatch

    def _failed(self, outgoing: Outgoing, answer: Answer, delivery: Open, dispatch: Dispatch) -> None:
        route = delivery.route
        acknowledged = route.record.acknowledged
        if delivery.acknowledged != acknowledged:
            delivery.acknowledged, delivery.failures = acknowledged, 0
        delivery.failures += 1
        number, attempt, ended_ns = outgoing.delivery, outgoing.attempt, answer.ended_ns
        tried = attempt - delivery.dropped
        decision = self._policy.decision(answer, attempt=tried, failures_in_a_row=delivery.failures)
        removes = self._policy.removes(decision, route.record, ended_ns) and route.removable
        match decision:
            case Done():
                self.end(number, "acknowledged", dispatch, ended_ns)
            case _ if self._world.subscription(route.subscription.subscription_id) is None and not _outlives(delivery):
                self.end(number, "subscription_removed", dispatch, ended_ns)
            case Retry() if removes and not _outlives(delivery):
                self.end(number, "subscription_removed", dispatch, ended_ns)
                self.remove(route, dispatch, ended_ns)
            case Retry(due_ns=due_ns):
                delivery.due_ns = due_ns
                if delivery.topic in PRIVACY_TOPICS:
                    self._unawaited.add(number)
                dispatch.attempts.append(_next(outgoing, due_ns))
            case GiveUp():
                self.end(number, "given_up", dispatch, ended_ns)
                if removes:
                    self.remove(route, dispatch, ended_ns)

    def end(self, number: int, outcome: DeliveryOutcome, dispatch: Dispatch, at_ns: int) -> None:
        """An open delivery ends."""
        del self._open[number]
        self._unawaited.discard(number)
        dispatch.facts.append(DeliveryEnded(at_ns, number, outcome))

    def remove(self, route: Route, dispatch: Dispatch, at_ns: int, *, by_policy: bool = True) -> None:
        """Remove the subscription. Scheduled attempts are cancelled; those under way count when they are answered."""
        subscription_id = route.subscription.subscription_id
        dispatch.facts.extend(self._world.unsubscribe(subscription_id, by_policy=by_policy, now_ns=at_ns).facts)
        self._routes.forget(subscription_id)
        for number, delivery in list(self._open.items()):
            its_own = delivery.route.subscription.subscription_id == subscription_id
            if its_own and delivery.due_ns > at_ns and not _outlives(delivery):
                self._cancelled[number] = delivery
                self.end(number, "subscription_removed", dispatch, at_ns)

    def close(self, now_ns: int) -> list[AnyFact]:
        """End the run: open deliveries end as pending."""
        facts: list[AnyFact] = [DeliveryEnded(now_ns, number, "pending") for number in self._open]
        self._open.clear()
        self._unawaited.clear()
        return facts


def _next(outgoing: Outgoing, due_ns: int) -> Outgoing:
    """The next attempt: the same bytes to the same address."""
    number, attempt = outgoing.delivery, outgoing.attempt + 1
    return Outgoing(number, attempt, due_ns, outgoing.address, outgoing.head, outgoing.body)


def _outlives(delivery: Open) -> bool:
    """Whether it is made although its subscription went with the app: it tells of just that."""
    return delivery.topic == LIFE_TOPICS["uninstall"]


def _attempt_ended(outgoing: Outgoing, answer: Answer, hidden: tuple[str, ...]) -> AttemptEnded:
    return AttemptEnded(
        answer.ended_ns,
        outgoing.delivery,
        outgoing.attempt,
        outgoing.due_ns,
        answer.started_ns,
        answer.sent_ns,
        answer.answered_ns,
        answer.free_ns,
        answer.status,
        answer.error,
        False,
        answer.bytes_sent,
        without(answer.said, hidden)[:SAID_MAX] if answer.said else "",
    )
