"""The reference service refuses every kind of forgery on every topic of every source, at its endpoint."""

import pytest

from stockstorm.reference_service.ingress.endpoint import Refused, read_message, senders_of
from stockstorm.simulator.config import ForgeryKind
from stockstorm.simulator.delivery.attempts import Outgoing
from stockstorm.simulator.delivery.forgery import KINDS
from stockstorm.simulator.model import MARKETPLACE_TOPICS, SHOPIFY, SHOPIFY_TOPICS, Topic
from stockstorm.simulator.plan.items import PlannedForgery
from tests.delivery_service import SECRETS, DeliverySetup, config
from tests.literal_shop import AT_NS, MUG, stock_event

TARGETS = [*((SHOPIFY, topic) for topic in SHOPIFY_TOPICS), *(("bazaar", topic) for topic in MARKETPLACE_TOPICS)]
CONFIG = config()
SENDERS = senders_of(CONFIG.shop.domain, ["bazaar"], SECRETS.client_secret, SECRETS.channel_secrets)


def status(outgoing: Outgoing, source: str) -> int:
    """How the endpoint answers these bytes."""
    lines = outgoing.head.split(b"\r\n")[1:-2]
    pairs = [(name.lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines)]
    try:
        read_message(SENDERS["" if source == SHOPIFY else source], pairs, outgoing.body, 1)
    except Refused as refused:
        return refused.status
    return 200


def subscribed(source: str, topic: Topic) -> DeliverySetup:
    setup = DeliverySetup(CONFIG)
    setup.subscribe(topic if source == SHOPIFY else "*", source)
    return setup


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "replayed"])
@pytest.mark.parametrize(("source", "topic"), TARGETS)
def test_a_forged_delivery_is_refused(kind: ForgeryKind, source: str, topic: Topic) -> None:
    (outgoing,) = (
        subscribed(source, topic).deliveries.forge(PlannedForgery(0, 7, kind, MUG.sku, source, topic), 0).attempts
    )
    if kind != "other_shop":
        assert status(outgoing, source) == 401
    elif source == SHOPIFY:
        assert status(outgoing, source) == 403


def test_what_was_sent_and_its_replay_are_accepted() -> None:
    setup = subscribed(SHOPIFY, "inventory_levels/update")
    (genuine,) = setup.deliveries.fire([stock_event()], AT_NS).attempts
    (replay,) = setup.deliveries.forge(PlannedForgery(0, 7, "replayed", MUG.sku), AT_NS).attempts
    assert (status(genuine, SHOPIFY), status(replay, SHOPIFY)) == (200, 200)
