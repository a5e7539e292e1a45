"""All deliveries of a run, without I/O: events and answers go in, attempts and outcomes come out.

This is the generator's hot path. What a subscription's deliveries share (address, head, secret) is made once. A body is
encoded and signed once per event, and all its subscriptions, copies and retries share the same bytes object.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal

from stockstorm.simulator.config import ForgeryKind, QuotasConfig, WorldConfig, app_version
from stockstorm.simulator.delivery.attempts import Address, Answer, Delivery, Outgoing
from stockstorm.simulator.delivery.fan_out import FanOut
from stockstorm.simulator.delivery.forger import Forged, Forger
from stockstorm.simulator.delivery.forgery import KINDS, OTHER_DOMAIN, Attack, Signed
from stockstorm.simulator.delivery.outcomes import Dispatch, Open, Outcomes
from stockstorm.simulator.delivery.perturbations import build, unperturbed
from stockstorm.simulator.delivery.perturbations.quotas import Quotas
from stockstorm.simulator.delivery.policy import make_policy
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
    DeliveryPlanned,
    DeliveryWithheld,
    EventUnheard,
)
from stockstorm.simulator.model import APP_TOPICS, SHOPIFY, Event, Topic
from stockstorm.simulator.plan.items import PlannedForgery, PlannedLife, PlannedPoison
from stockstorm.simulator.seeds import Seeds

__all__ = ["DeliveryService", "Dispatch", "Keep", "Secrets", "forget"]


LOST: Final = "lost"  # the mark of what is never sent
WHOLE: Final[Mapping[int, bytes]] = {}  # every subscription gets the payload as it is
Keep = Callable[[int, str, bytes], None]  # event, topic, body


def forget(_event: int, _topic: str, _body: bytes) -> None:
    """Keeps no body."""


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
        self._perturbed = build(config.perturbations, seeds)
        keys = (secrets.client_secret, secrets.channel_secrets, secrets.next_client_secret)
        hidden = tuple(key.decode(errors="replace") for key in keys if key)
        if config.quotas != QuotasConfig():
            self._perturbed = Quotas(config, seeds, payloads.catalogue.by_sku, self._perturbed)
        self._routes = Routes(
            config.shop.domain, secrets, addresses, app_version(config.shop), config.delivery.debounce_s
        )
        policy = make_policy(config.delivery.policy, config.delivery.retry_time_scale, config.delivery.removal)
        self._outcomes = Outcomes(world, self._routes, policy, hidden)
        self._forger = Forger(world, payloads, self._routes)
        self._fan_out = FanOut(config.delivery.fan_out_per_s)
        self._count = 0
        self._signed = ("", b"", b"")  # the last signature, of which body, with which secret
        self._away = False  # the app is not installed: its own subscriptions wait, and those made by the API go

    @property
    def pending(self) -> int:
        """Attempts under way or scheduled."""
        return self._outcomes.pending

    def wanted(self, outgoing: Outgoing) -> bool:
        """Whether a due attempt is still to be made. It is not when its subscription was removed meanwhile."""
        return self._outcomes.wanted(outgoing)

    def described(self, outgoing: Outgoing) -> tuple[str, str]:
        """Topic and kind of forgery ("" for a genuine one) of the attempt's delivery, for statistics."""
        return self._outcomes.described(outgoing)

    def answered(self, outgoing: Outgoing, answer: Answer) -> Dispatch:
        """Process the answer to an attempt: the delivery ends, or its next attempt is issued."""
        return self._outcomes.answered(outgoing, answer)

    def close(self, now_ns: int) -> list[AnyFact]:
        """End the run: open deliveries end as pending."""
        return self._outcomes.close(now_ns)

    # -- events in, attempts out -----------------------------------------------------------------------------------

    def fire(self, events: Sequence[Event], now_ns: int, due_ns: int | None = None) -> Dispatch:
        """Plan the deliveries of events that have just fired.

        `due_ns` is when the plan wanted them to fire, so that ack time includes the generator's own lateness. It is
        None for a call, whose events leave one after the other.
        """
        dispatch, fan_out, nth = Dispatch([], []), self._fan_out, 0
        for event in events:
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
            nth += 1
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
        signature, signed, secret = self._signed
        heads: dict[str, bytes] = {}
        for delivery in deliveries:
            route = routes[delivery.subscription_id]
            body = shaped.get(delivery.subscription_id, whole) if shaped else whole
            if body is not signed or route.secret is not secret:
                signature, signed, secret = sign(route.secret, body), body, route.secret
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
        self._signed = (signature, signed, secret)

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
        self._outcomes.begin(number, Open(route, due_ns, topic, forged, 0, route.record.acknowledged))
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
            self._outcomes.end(number, "never_sent", dispatch, now_ns)
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
                        self._outcomes.remove(self._routes.learn(subscription), dispatch, now_ns, by_policy=False)
        return dispatch
