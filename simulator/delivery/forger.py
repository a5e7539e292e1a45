"""Makes forged deliveries: the claim, the signature of its kind, and the headers of its source.

An attacker knows the addresses and topics that are subscribed to. A bus accepts nothing from strangers.
"""

from typing import Protocol

import msgspec

from stockstorm.simulator.delivery.attempts import Delivery
from stockstorm.simulator.delivery.claims import ClaimWorld, claim_of
from stockstorm.simulator.delivery.forgery import KINDS, OTHER_DOMAIN, Attack
from stockstorm.simulator.delivery.poison import spoiled
from stockstorm.simulator.delivery.routes import Route, Routes, named_uuid
from stockstorm.simulator.events.encoding import sign
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.model import Event, Subscription
from stockstorm.simulator.plan.items import PlannedForgery, PlannedPoison
from stockstorm.simulator.shop.subscriptions import is_bus


class ForgerWorld(ClaimWorld, Protocol):
    """What the forger needs of the world."""

    def subscriptions(self, source: str, topic: str | None = None) -> list[Subscription]: ...


class Sent(msgspec.Struct, frozen=True, gc=False):
    """A genuine event that was sent, with its bytes."""

    event_id: str
    at_ns: int
    body: bytes


class Forged(msgspec.Struct, frozen=True):
    """A forged delivery, ready to be sent. `claim`: by what its effect could be recognised."""

    delivery: Delivery
    route: Route
    head: bytes
    body: bytes
    claim: str


class Forger:
    """Keeps one body of each topic that was sent, and makes deliveries of the plan's forgeries."""

    def __init__(self, world: ForgerWorld, payloads: Payloads, routes: Routes) -> None:
        self._world, self._payloads, self._routes = world, payloads, routes
        self._sent: dict[tuple[str, str], Sent] = {}

    def saw(self, event: Event, body: bytes) -> None:
        """An event is delivered. The first of a topic is kept until it was replayed, then the next."""
        key = event.source, event.topic
        if key not in self._sent:
            self._sent[key] = Sent(event.event_id, event.at_ns, body)

    def poison(self, item: PlannedPoison, now_ns: int) -> Forged | None:
        """The poisonous delivery of a plan item, signed by its source. None as in `forge`."""
        listening = [each for each in self._world.subscriptions(item.source, item.topic) if not is_bus(each.uri)]
        if not listening:
            return None
        route = self._routes.learn(listening[0])
        invented = PlannedForgery(item.offset_ns, item.serial, "unsigned", item.sku, item.source, item.topic)
        claim = claim_of(invented, self._world, self._payloads, now_ns)
        body, webhook_id = spoiled(item.kind, claim.body, item.serial), named_uuid(f"poison:{item.serial}")
        head = route.head(
            length=len(body),
            signature=sign(route.secret, body),
            topic=item.topic,
            webhook_id=webhook_id,
            event_id=named_uuid(f"poison event:{item.serial}"),
            triggered_at=self._payloads.times.utc(now_ns),
        )
        to = route.subscription
        delivery = Delivery(
            webhook_id, to.subscription_id, to.uri, item.source, item.topic, None, now_ns, forged=item.kind
        )
        return Forged(delivery, route, head, body, item.sku if item.kind == "null_level" else claim.shows)

    def forge(self, item: PlannedForgery, now_ns: int) -> Forged | None:
        """The forged delivery of a plan item, to the first subscription. None if nothing listens, or only a bus.

        Where a replay is due before anything of its topic was sent, an unsigned delivery takes its place.
        """
        listening = [each for each in self._world.subscriptions(item.source, item.topic) if not is_bus(each.uri)]
        if not listening:
            return None
        sent = self._sent.get((item.source, item.topic))
        if sent is None and item.kind == "replayed":
            item = msgspec.structs.replace(item, kind="unsigned")
        route = self._routes.learn(listening[0])
        event_id, at_ns, shows = named_uuid(f"forged event:{item.serial}"), now_ns, ""
        if item.kind == "replayed" and sent is not None:
            del self._sent[item.source, item.topic]
            claimed, event_id, at_ns = sent.body, sent.event_id, sent.at_ns
        else:
            claim = claim_of(item, self._world, self._payloads, now_ns)
            claimed, shows = claim.body, claim.shows
        signed = KINDS[item.kind](Attack(claimed, b"{}" if sent is None else sent.body, route.secret))
        webhook_id = named_uuid(f"forgery:{item.serial}")
        head = route.head(
            length=len(signed.body),
            signature=signed.signature,
            topic=item.topic,
            webhook_id=webhook_id,
            event_id=event_id,
            triggered_at=self._payloads.times.utc(at_ns),
            domain=OTHER_DOMAIN if item.kind == "other_shop" else None,
        )
        subscription = route.subscription
        delivery = Delivery(
            webhook_id,
            subscription.subscription_id,
            subscription.uri,
            item.source,
            item.topic,
            None,
            now_ns,
            forged=item.kind,
        )
        return Forged(delivery, route, head, signed.body, shows)
