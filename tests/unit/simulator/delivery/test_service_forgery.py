"""Forged deliveries look genuine but for their signature, and must be refused."""

import json

import msgspec
import pytest

from stockstorm.simulator.config import ForgeryKind, PerturbationConfig, PerturbationKind
from stockstorm.simulator.delivery.attempts import Answer, Outgoing
from stockstorm.simulator.delivery.forgery import JUDGED_BY_EFFECT, KINDS
from stockstorm.simulator.events.encoding import matches
from stockstorm.simulator.history.facts import AttemptEnded, DeliveryEnded, DeliveryOutcome, DeliveryPlanned
from stockstorm.simulator.model import MARKETPLACE_TOPICS, SHOPIFY_TOPICS, OrderKey, Topic
from stockstorm.simulator.plan.items import PlannedForgery, PlannedPurchase
from tests.delivery_service import SECRETS, DeliverySetup, config
from tests.literal_shop import AT_NS, MUG, stock_event

BUSES = ("pubsub://project:topic", "arn:aws:events:us-east-1::event-source/aws.partner/shopify.com/1/source")
REFUSED = Answer(AT_NS, AT_NS, AT_NS, AT_NS, AT_NS, status=401)


TARGETS = [*(("shopify", topic) for topic in SHOPIFY_TOPICS), *(("bazaar", topic) for topic in MARKETPLACE_TOPICS)]


def forged(
    setup: DeliverySetup, kind: ForgeryKind, source: str = "shopify", topic: Topic = "inventory_levels/update"
) -> tuple[DeliveryPlanned, Outgoing]:
    dispatch = setup.deliveries.forge(PlannedForgery(0, 77, kind, MUG.sku, source, topic), AT_NS)
    (planned,), (outgoing,) = dispatch.facts, dispatch.attempts
    assert isinstance(planned, DeliveryPlanned)
    return planned, outgoing


def signatures(outgoing: Outgoing) -> list[str]:
    lines = outgoing.head.decode().split("\r\n")
    return [line.split(":")[1].strip() for line in lines if "-Hmac-Sha256:" in line or "-Signature:" in line]


@pytest.mark.parametrize("kind", KINDS)
def test_a_forgery_claims_stock_that_is_not_there_under_a_webhook_id_of_its_own(
    setup: DeliverySetup, kind: ForgeryKind
) -> None:
    subscription = setup.subscribe()
    planned, outgoing = forged(setup, kind)
    claim = json.loads(outgoing.body)
    ours = claim["inventory_item_id"] == MUG.inventory_item_id
    assert ours == (kind != "other_shop")
    assert claim["available"] > 3_000_000
    assert planned.claim == str(claim["available"])
    meant = "unsigned" if kind == "replayed" else kind  # nothing was sent that could be replayed
    assert (planned.forged, planned.event, planned.subscription) == (meant, -1, subscription)
    assert f"X-Shopify-Webhook-Id: {planned.webhook_id}\r\n".encode() in outgoing.head
    genuine = setup.deliveries.fire([stock_event()], AT_NS).facts[0]
    assert isinstance(genuine, DeliveryPlanned)
    assert genuine.webhook_id != planned.webhook_id


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in JUDGED_BY_EFFECT])
@pytest.mark.parametrize(("source", "topic"), TARGETS)
def test_no_forgery_of_any_topic_carries_a_valid_signature(
    setup: DeliverySetup, kind: ForgeryKind, source: str, topic: Topic
) -> None:
    setup.subscribe(topic if source == "shopify" else "*", source)
    planned, outgoing = forged(setup, kind, source, topic)
    assert (planned.source, planned.topic) == (source, topic)
    secret = SECRETS.client_secret if source == "shopify" else SECRETS.channel_secrets
    assert len(signatures(outgoing)) == (0 if kind == "unsigned" else 1)
    assert not any(matches(secret, outgoing.body, each) for each in signatures(outgoing))
    assert f"Content-Length: {len(outgoing.body)}" in outgoing.head.decode().split("\r\n")


@pytest.mark.parametrize(("source", "topic"), TARGETS)
def test_an_order_that_nobody_placed_can_be_recognised(setup: DeliverySetup, source: str, topic: Topic) -> None:
    setup.subscribe(topic if source == "shopify" else "*", source)
    planned, outgoing = forged(setup, "wrong_key", source, topic)
    assert planned.claim.encode() in outgoing.body
    assert bool(planned.claim) == (topic != "products/update")


@pytest.mark.parametrize(("channel", "topic"), [("online", "orders/cancelled"), ("bazaar", "order.returned")])
def test_a_cancellation_or_return_is_claimed_of_the_newest_order_of_a_buyer(
    setup: DeliverySetup, channel: str, topic: Topic
) -> None:
    source = "shopify" if channel == "online" else channel
    setup.subscribe(topic if channel == "online" else "*", source)
    setup.world.apply(PlannedPurchase(0, 0, OrderKey(4), channel, 0, ((MUG.sku, 1),)), AT_NS)
    order = setup.world.newest_order(channel)
    assert order is not None
    planned, outgoing = forged(setup, "unsigned", source, topic)
    assert order.ref.encode() in outgoing.body
    assert planned.claim == ""


def test_a_replay_is_what_was_sent_before_under_a_new_webhook_id(setup: DeliverySetup) -> None:
    setup.subscribe()
    (genuine,) = setup.deliveries.fire([stock_event()], AT_NS).attempts
    planned, replay = forged(setup, "replayed")
    assert (replay.body, signatures(replay)) == (genuine.body, signatures(genuine))
    assert (planned.forged, planned.claim) == ("replayed", "")
    ids = [line for line in genuine.head.split(b"\r\n") if line.startswith(b"X-Shopify-Webhook-Id")]
    same = [line for line in genuine.head.split(b"\r\n") if line not in ids]
    assert [line for line in replay.head.split(b"\r\n") if line in same] == same
    assert ids[0] not in replay.head.split(b"\r\n")


@pytest.mark.parametrize(("kind", "replayed"), [("lost", "unsigned"), ("delay", "unsigned"), (None, "replayed")])
def test_only_what_was_sent_as_it_should_be_is_replayed(kind: PerturbationKind | None, replayed: str) -> None:
    """An attacker cannot have seen what is never sent, and a subject that takes it from a replay is right."""
    marks = () if kind is None else (PerturbationConfig(kind=kind, share=1.0, seconds=2.0),)
    setup = DeliverySetup(config(perturbations=marks))
    setup.subscribe()
    setup.deliveries.fire([stock_event()], AT_NS)
    planned, _ = forged(setup, "replayed")
    assert planned.forged == replayed


def test_a_body_is_replayed_once_and_then_the_next_of_its_topic(setup: DeliverySetup) -> None:
    setup.subscribe()
    bodies = []
    for serial in (1, 2):
        (genuine,) = setup.deliveries.fire([stock_event(serial, available=50 - serial)], AT_NS).attempts
        assert forged(setup, "replayed")[1].body == genuine.body
        bodies.append(genuine.body)
    assert bodies[0] != bodies[1]


def test_another_shop_is_named_and_signed_for(setup: DeliverySetup) -> None:
    setup.subscribe()
    planned, outgoing = forged(setup, "other_shop")
    assert b"X-Shopify-Shop-Domain: another-shop.myshopify.com\r\n" in outgoing.head
    assert matches(SECRETS.client_secret, outgoing.body, signatures(outgoing)[0])
    assert planned.forged == "other_shop"


@pytest.mark.parametrize(("status", "outcome"), [(401, "refused"), (200, "acknowledged"), (500, "given_up")])
def test_a_forgery_ends_with_its_first_answer(setup: DeliverySetup, status: int, outcome: DeliveryOutcome) -> None:
    setup.subscribe()
    _, outgoing = forged(setup, "unsigned")
    assert setup.deliveries.described(outgoing) == ("inventory_levels/update", "unsigned")
    dispatch = setup.deliveries.answered(outgoing, msgspec.structs.replace(REFUSED, status=status))
    assert [type(fact) for fact in dispatch.facts] == [AttemptEnded, DeliveryEnded]
    assert dispatch.facts[1] == DeliveryEnded(AT_NS, 0, outcome)
    assert dispatch.attempts == []
    assert setup.deliveries.pending == 0


def test_without_a_subscription_to_its_topic_there_is_no_forgery(setup: DeliverySetup) -> None:
    setup.subscribe("orders/create")
    dispatch = setup.deliveries.forge(PlannedForgery(0, 77, "unsigned", MUG.sku), AT_NS)
    assert (dispatch.facts, dispatch.attempts) == ([], [])


@pytest.mark.parametrize("uri", BUSES)
def test_nobody_can_forge_what_comes_over_a_bus(setup: DeliverySetup, uri: str) -> None:
    setup.world.subscribe("shopify", "inventory_levels/update", uri, now_ns=AT_NS)
    dispatch = setup.deliveries.forge(PlannedForgery(0, 77, "unsigned", MUG.sku), AT_NS)
    assert (dispatch.facts, dispatch.attempts) == ([], [])
