"""Whatever a planned world fires can be delivered: every topic, channel and state of an order has a signed body."""

import json
from collections import Counter

from stockstorm.simulator.catalogue import make_catalogue
from stockstorm.simulator.config import (
    ChannelConfig,
    OrdersConfig,
    PerturbationConfig,
    PhaseConfig,
    ShopConfig,
    ShopEventsConfig,
    WorldConfig,
)
from stockstorm.simulator.delivery.attempts import Address
from stockstorm.simulator.delivery.forgery import JUDGED_BY_EFFECT
from stockstorm.simulator.delivery.service import DeliveryService
from stockstorm.simulator.events.encoding import matches
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.history.facts import DeliveryPlanned
from stockstorm.simulator.model import MARKETPLACE_TOPICS, SHOPIFY_TOPICS, Event
from stockstorm.simulator.plan.items import PlannedForgery
from stockstorm.simulator.plan.planner import make_plan
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.world import World
from tests.delivery_service import SECRETS
from tests.literal_shop import START_NS, WALL

CONFIG = WorldConfig(
    shop=ShopConfig(skus=20, hot_skus=2, buyers=10),
    channels=(ChannelConfig(name="online"), ChannelConfig(name="bazaar"), ChannelConfig(name="mercado")),
    phases=(PhaseConfig(name="steady", seconds=20, rate=10),),
    orders=OrdersConfig(cancel_share=0.3, cancel_after_s=2, return_share=0.4, return_after_s=3),
    events=ShopEventsConfig(restocks_per_s=1, product_edits_per_s=1, forgeries_per_s=1),
    perturbations=(PerturbationConfig(kind="duplicate", share=0.2), PerturbationConfig(kind="delay", share=0.2)),
)


def played(seed: int) -> tuple[list[Event], list[DeliveryPlanned], Counter[str]]:
    """All events of a plan, the deliveries planned for them, and how many attempts carried a valid signature."""
    seeds = Seeds(seed)
    catalogue = make_catalogue(CONFIG, seeds)
    world = World(CONFIG, catalogue, seeds)
    world.opening(START_NS)
    for topic in SHOPIFY_TOPICS:
        world.subscribe("shopify", topic, "http://127.0.0.1/hooks", now_ns=START_NS)
    for channel in world.marketplaces:
        world.subscribe(channel, "*", "http://127.0.0.1/hooks", now_ns=START_NS)
    payloads = Payloads(catalogue, CONFIG.shop, WALL)
    deliveries = DeliveryService(world, payloads, CONFIG, seeds, SECRETS, lambda uri: Address("127.0.0.1", 80, uri))
    events: list[Event] = []
    planned: list[DeliveryPlanned] = []
    signed: Counter[str] = Counter()
    for item in make_plan("delivery", CONFIG, seed).items:
        now_ns = START_NS + item.offset_ns
        fired = world.apply(item, now_ns).events
        dispatch = (
            deliveries.forge(item, now_ns) if isinstance(item, PlannedForgery) else deliveries.fire(fired, now_ns)
        )
        events += fired
        plans = [fact for fact in dispatch.facts if isinstance(fact, DeliveryPlanned)]
        planned += plans
        for plan, outgoing in zip(plans, dispatch.attempts, strict=True):
            assert isinstance(json.loads(outgoing.body), dict)
            secret = SECRETS.client_secret if "/" in plan.topic else SECRETS.channel_secrets
            head = outgoing.head.decode().split("\r\n")
            values = [line.split(": ")[1] for line in head if "Hmac-Sha256: " in line or "Signature: " in line]
            signed[plan.forged or "genuine"] += any(matches(secret, outgoing.body, value) for value in values)
    return events, planned, signed


def test_every_topic_is_fired_and_every_event_is_delivered_with_a_valid_signature() -> None:
    events, planned, signed = played(seed=4)
    assert {event.topic for event in events} == {*SHOPIFY_TOPICS, *MARKETPLACE_TOPICS}
    assert {fact.event for fact in planned if not fact.forged} == {event.event for event in events}
    assert signed["genuine"] == sum(not fact.forged for fact in planned)


def test_forgeries_are_planned_and_only_those_that_are_judged_by_effect_are_signed_well() -> None:
    _, planned, signed = played(seed=4)
    forged = Counter(fact.forged for fact in planned if fact.forged)
    assert forged.total() > 5
    assert {kind: count for kind, count in signed.items() if count and kind != "genuine"} == {
        kind: forged[kind] for kind in JUDGED_BY_EFFECT if forged[kind]
    }


def test_webhook_ids_differ_between_deliveries_and_repeat_only_in_copies() -> None:
    _, planned, _ = played(seed=5)
    originals = Counter(fact.webhook_id for fact in planned if fact.copy == 0)
    copies = [fact.webhook_id for fact in planned if fact.copy]
    assert max(originals.values()) == 1
    assert copies
    assert set(copies) <= set(originals)


def test_the_same_purchases_meet_the_same_fate_in_every_run() -> None:
    assert played(seed=6)[1] == played(seed=6)[1]
