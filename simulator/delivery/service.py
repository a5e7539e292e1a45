"""All deliveries of a run, without I/O: events and answers go in, attempts and outcomes come out.

This is the generator's hot path. What a subscription's deliveries share (address, head, secret) is made once. A body is
encoded and signed once per event, and all its subscriptions, copies and retries share the same bytes object.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal

import msgspec

from stockstorm.simulator.config import ForgeryKind, PoisonKind, QuotasConfig, WorldConfig, app_version
from stockstorm.simulator.delivery.attempts import Address, Answer, Delivery, Outgoing
from stockstorm.simulator.delivery.fan_out import FanOut
from stockstorm.simulator.delivery.forger import Forged, Forger
from stockstorm.simulator.delivery.forgery import KINDS, OTHER_DOMAIN, Attack, Signed
from stockstorm.simulator.delivery.perturbations import build, unperturbed
from stockstorm.simulator.delivery.perturbations.quotas import Quotas
from stockstorm.simulator.delivery.policy import Done, GiveUp, Retry, forged_outcome, make_policy, succeeded
from stockstorm.simulator.delivery.routes import (
    DeliveryWorld,
    Route,
    Routes,
    Secrets,
    named_uuid,
    planned_deliveries,
)
from stockstorm.simulator.events.encoding import sign
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.history.facts import (
    AnyFact,
    AttemptEnded,
    DeliveryEnded,
    DeliveryOutcome,
    DeliveryPlanned,
    DeliveryWithheld,
    EventUnheard,
)
from stockstorm.simulator.history.texts import without
from stockstorm.simulator.limits import SAID_MAX
from stockstorm.simulator.model import APP_TOPICS, LIFE_TOPICS, SHOPIFY, Event, Topic
from stockstorm.simulator.plan.items import PlannedForgery, PlannedLife, PlannedPoison
from stockstorm.simulator.seeds import Seeds

__all__ = ["DeliveryService", "Dispatch", "Keep", "Secrets", "forget"]


LOST: Final = "lost"  # the mark of what is never sent
WHOLE: Final[Mapping[int, bytes]] = {}  # every subscription gets the payload as it is
Keep = Callable[[int, str, bytes], None]  # event, topic, body


def forget(_event: int, _topic: str, _body: bytes) -> None:
    """Keeps no body."""


class Dispatch(msgspec.Struct):
    """New facts, in order, and the attempts to make. An attempt can be due later than now."""

    facts: list[AnyFact]
    attempts: list[Outgoing]


class _Open(msgspec.Struct, gc=False):
    """A delivery with one attempt under way or to come."""

    route: Route
    due_ns: int  # of that attempt
    topic: str
    forged: ForgeryKind | PoisonKind | Literal[""]
    failures: int = 0  # in a row, with nothing acknowledged on the subscription in between
    acknowledged: int = 0  # what the route had acknowledged when the last of them was counted
    dropped: int = 0  # attempts that were repeated at once, because a kept connection had been closed


class DeliveryService:
    """The deliveries of one run. Not for concurrent use."""

    def __init__(
        self,
        world: DeliveryWorld,
        payloads: Payloads,
        config: WorldConfig,
        seeds: Seeds,
        secrets: Secrets,
        addresses: Callable[[str], Address],
        keep: Keep = forget,
    ) -> None:
        self._world, self._payloads, self._keep = world, payloads, keep
        self._policy = make_policy(config.delivery.policy, config.delivery.retry_time_scale, config.delivery.removal)
        self._perturbed = build(config.perturbations, seeds)
        keys = (secrets.client_secret, secrets.channel_secrets, secrets.next_client_secret)
        self._hidden = tuple(key.decode(errors="replace") for key in keys if key)
        if config.quotas != QuotasConfig():
            self._perturbed = Quotas(config, seeds, payloads.catalogue.by_sku, self._perturbed)
        self._routes = Routes(
            config.shop.domain, secrets, addresses, app_version(config.shop), config.delivery.debounce_s
        )
        self._forger = Forger(world, payloads, self._routes)
        self._fan_out = FanOut(config.delivery.fan_out_per_s)
        self._open: dict[int, _Open] = {}
        self._cancelled: dict[int, _Open] = {}  # ended with their subscription while an attempt was scheduled
        self._count = 0
        self._away = False  # the app is not installed: its own subscriptions wait, and those made by the API go

    @property
    def pending(self) -> int:
        """Attempts under way or scheduled."""
        return len(self._open)

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

    # -- events in, attempts out -----------------------------------------------------------------------------------

    def fire(self, events: Sequence[Event], now_ns: int, due_ns: int | None = None) -> Dispatch:
        """Plan the deliveries of events that have just fired.

        `due_ns` is when the plan wanted them to fire, so that ack time includes the generator's own lateness. It is
        None for a call, whose events leave one after the other.
        """
        dispatch, fan_out = Dispatch([], []), self._fan_out
        for nth, event in enumerate(events):
            subscriptions = self._world.subscriptions(event.source, event.topic)
            if not subscriptions or (self._away and event.source == SHOPIFY and event.topic not in APP_TOPICS):
                dispatch.facts.append(EventUnheard(now_ns, event.event))
                continue
            routes = {each.subscription_id: self._routes.learn(each) for each in subscriptions}
            body, shaped = self._payloads.body(event), WHOLE
            if self._routes.shapes:
                shaped = self._shaped(event, routes, body, dispatch, now_ns)
                subscriptions = [each for each in subscriptions if each.subscription_id in shaped]
                if not subscriptions:
                    continue
            at_ns = due_ns if due_ns is not None and not fan_out.waiting else fan_out.due(event, nth, due_ns)
            deliveries = planned_deliveries(event, subscriptions, at_ns)
            if self._perturbed is not unperturbed:
                deliveries = self._perturbed(deliveries)
            self._dispatch(event, deliveries, routes, dispatch, now_ns, body, shaped)
        return dispatch

    def _shaped(
        self, event: Event, routes: dict[int, Route], body: bytes, dispatch: Dispatch, now_ns: int
    ) -> Mapping[int, bytes]:
        """By subscription, what it gets of the event. One that gets nothing is left out, with a fact that says why."""
        found: dict[int, bytes] = {}
        for subscription_id, route in routes.items():
            made = body if route.shape is None else route.shape.shaped(event, body)
            if isinstance(made, bytes):
                found[subscription_id] = made
            else:
                dispatch.facts.append(DeliveryWithheld(now_ns, event.event, subscription_id, made))
        return found

    def _dispatch(
        self,
        event: Event,
        deliveries: list[Delivery],
        routes: dict[int, Route],
        dispatch: Dispatch,
        now_ns: int,
        whole: bytes,
        shaped: Mapping[int, bytes],
    ) -> None:
        """`whole`: the event's payload; `shaped`: what subscriptions get instead of it, by their id."""
        self._keep(event.event, event.topic, whole)
        if not deliveries[0].perturbed:  # an attacker has seen only what was sent
            self._forger.saw(event, whole)
        at = self._payloads.times.utc(event.at_ns)
        signature, signed = "", b""
        heads: dict[str, bytes] = {}
        for delivery in deliveries:
            route = routes[delivery.subscription_id]
            body = shaped.get(delivery.subscription_id, whole) if shaped else whole
            if body is not signed:
                signature, signed = sign(route.secret, body), body
            head = heads.get(delivery.webhook_id)
            if head is None:
                head = heads[delivery.webhook_id] = route.head(
                    length=len(body),
                    signature=signature,
                    topic=delivery.topic,
                    webhook_id=delivery.webhook_id,
                    event_id=event.event_id,
                    triggered_at=at,
                )
            self._take(delivery, route, dispatch, head=head, body=body, now_ns=now_ns)

    def _take(
        self,
        delivery: Delivery,
        route: Route,
        dispatch: Dispatch,
        *,
        head: bytes,
        body: bytes,
        now_ns: int,
        made: Forged | None = None,
    ) -> None:
        """Open a delivery and issue its first attempt, unless it is never sent."""
        number = self._count
        self._count = number + 1
        due_ns, topic, forged = delivery.due_ns, delivery.topic, delivery.forged
        self._open[number] = _Open(route, due_ns, topic, forged, 0, route.acknowledged)
        dispatch.facts.append(
            DeliveryPlanned(
                now_ns,
                number,
                -1 if delivery.event is None else delivery.event.event,
                delivery.webhook_id,
                delivery.subscription_id,
                topic,
                due_ns,
                delivery.copy,
                delivery.perturbed,
                forged,
                "" if made is None else delivery.source,
                "" if made is None else made.claim,
            )
        )
        if delivery.perturbed and LOST in delivery.perturbed:
            self._end(number, "never_sent", dispatch, now_ns)
        else:
            dispatch.attempts.append(Outgoing(number, 1, due_ns, route.address, head, body))

    def forge(self, item: PlannedForgery | PlannedPoison, now_ns: int) -> Dispatch:
        """Make the forged or poisonous delivery of a plan item; nothing if nobody listens to its topic."""
        dispatch, forger = Dispatch([], []), self._forger
        made = forger.poison(item, now_ns) if isinstance(item, PlannedPoison) else forger.forge(item, now_ns)
        if made is not None:
            self._take(made.delivery, made.route, dispatch, head=made.head, body=made.body, now_ns=now_ns, made=made)
        return dispatch

    def send(
        self, source: str, topic: Topic, body: bytes, now_ns: int, forged: ForgeryKind | Literal[""] = ""
    ) -> Dispatch:
        """Deliver a body that somebody wrote to all who listen: signed like a genuine one, or forged.

        Its webhook id is new, also after a restart: a receiver would take it for a copy of an earlier one.
        """
        dispatch = Dispatch([], [])
        for subscription in self._world.subscriptions(source, topic):
            route, webhook_id = self._routes.learn(subscription), named_uuid(f"written:{self._count}:{now_ns}")
            signed = (
                KINDS[forged](Attack(body, b"{}", route.secret)) if forged else Signed(body, sign(route.secret, body))
            )
            head = route.head(
                length=len(signed.body),
                signature=signed.signature,
                topic=topic,
                webhook_id=webhook_id,
                event_id=named_uuid(f"written event:{self._count}:{now_ns}"),
                triggered_at=self._payloads.times.utc(now_ns),
                domain=OTHER_DOMAIN if forged == "other_shop" else None,
            )
            uri = subscription.uri
            delivery = Delivery(
                webhook_id, subscription.subscription_id, uri, source, topic, None, now_ns, forged=forged
            )
            self._take(delivery, route, dispatch, head=head, body=signed.body, now_ns=now_ns)
        return dispatch

    def live(self, item: PlannedLife, now_ns: int) -> Dispatch:
        """What a change of the app means for deliveries. The world has applied it, and its events were fired."""
        dispatch = Dispatch([], [])
        match item.change:
            case "new_secret_used":
                self._routes.rotate()
            case "reinstall":
                self._away = False
            case "uninstall":
                self._away = True
                for subscription in self._world.subscriptions(SHOPIFY):
                    if subscription.by_api:
                        self._remove(self._routes.learn(subscription), dispatch, now_ns, by_policy=False)
        return dispatch

    # -- answers in, outcomes out ----------------------------------------------------------------------------------

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
            self._end(outgoing.delivery, forged_outcome(answer), dispatch, answer.ended_ns)
        elif succeeded(answer):
            route = delivery.route
            route.acknowledged += 1
            route.record.failed = 0
            self._end(outgoing.delivery, "acknowledged", dispatch, answer.ended_ns)
        else:
            self._failed(outgoing, answer, delivery, dispatch)
        return dispatch

    def _failed(self, outgoing: Outgoing, answer: Answer, delivery: _Open, dispatch: Dispatch) -> None:
        route = delivery.route
        if delivery.acknowledged != route.acknowledged:
            delivery.acknowledged, delivery.failures = route.acknowledged, 0
        delivery.failures += 1
        number, attempt, ended_ns = outgoing.delivery, outgoing.attempt, answer.ended_ns
        tried = attempt - delivery.dropped
        decision = self._policy.decision(answer, attempt=tried, failures_in_a_row=delivery.failures)
        removes = self._policy.removes(decision, route.record, ended_ns) and route.removable
        match decision:
            case Done():
                self._end(number, "acknowledged", dispatch, ended_ns)
            case _ if self._world.subscription(route.subscription.subscription_id) is None and not _outlives(delivery):
                self._end(number, "subscription_removed", dispatch, ended_ns)
            case Retry() if removes and not _outlives(delivery):
                self._end(number, "subscription_removed", dispatch, ended_ns)
                self._remove(route, dispatch, ended_ns)
            case Retry(due_ns=due_ns):
                delivery.due_ns = due_ns
                dispatch.attempts.append(_next(outgoing, due_ns))
            case GiveUp():
                self._end(number, "given_up", dispatch, ended_ns)
                if removes:
                    self._remove(route, dispatch, ended_ns)

    def _end(self, number: int, outcome: DeliveryOutcome, dispatch: Dispatch, at_ns: int) -> None:
        del self._open[number]
        dispatch.facts.append(DeliveryEnded(at_ns, number, outcome))

    def _remove(self, route: Route, dispatch: Dispatch, at_ns: int, *, by_policy: bool = True) -> None:
        """Remove the subscription. Scheduled attempts are cancelled; those under way count when they are answered."""
        subscription_id = route.subscription.subscription_id
        dispatch.facts.extend(self._world.unsubscribe(subscription_id, by_policy=by_policy, now_ns=at_ns).facts)
        self._routes.forget(subscription_id)
        for number, delivery in list(self._open.items()):
            its_own = delivery.route.subscription.subscription_id == subscription_id
            if its_own and delivery.due_ns > at_ns and not _outlives(delivery):
                self._cancelled[number] = delivery
                self._end(number, "subscription_removed", dispatch, at_ns)

    def close(self, now_ns: int) -> list[AnyFact]:
        """End the run: open deliveries end as pending."""
        facts: list[AnyFact] = [DeliveryEnded(now_ns, number, "pending") for number in self._open]
        self._open.clear()
        return facts


def _next(outgoing: Outgoing, due_ns: int) -> Outgoing:
    """The next attempt: the same bytes to the same address."""
    number, attempt = outgoing.delivery, outgoing.attempt + 1
    return Outgoing(number, attempt, due_ns, outgoing.address, outgoing.head, outgoing.body)


def _outlives(delivery: _Open) -> bool:
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
