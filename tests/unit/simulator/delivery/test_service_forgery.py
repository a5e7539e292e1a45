"""Forged deliveries look genuine but for their signature, and must be refused."""

import json

import msgspec
import pytest

from stockstorm.simulator.config import ForgeryKind
from stockstorm.simulator.delivery.attempts import Answer, Outgoing
from stockstorm.simulator.delivery.forgery import KINDS
from stockstorm.simulator.events.encoding import matches
from stockstorm.simulator.history.facts import AttemptEnded, DeliveryEnded, DeliveryOutcome, DeliveryPlanned
from stockstorm.simulator.plan.items import PlannedForgery
from tests.delivery_service import SECRETS, DeliverySetup
from tests.literal_shop import AT_NS, MUG, stock_event

BUSES = ("pubsub://project:topic", "arn:aws:events:us-east-1::event-source/aws.partner/shopify.com/1/source")
REFUSED = Answer(AT_NS, AT_NS, AT_NS, AT_NS, AT_NS, status=401)


def forged(setup: DeliverySetup, kind: ForgeryKind) -> tuple[DeliveryPlanned, Outgoing]:
    dispatch = setup.deliveries.forge(PlannedForgery(0, 77, kind, MUG.sku), AT_NS)
    (planned,), (outgoing,) = dispatch.facts, dispatch.attempts
    assert isinstance(planned, DeliveryPlanned)
    return planned, outgoing


@pytest.mark.parametrize("kind", KINDS)
def test_a_forgery_claims_stock_that_is_not_there_under_a_webhook_id_of_its_own(
    setup: DeliverySetup, kind: ForgeryKind
) -> None:
    subscription = setup.subscribe()
    planned, outgoing = forged(setup, kind)
    claim = json.loads(outgoing.body)
    assert (claim["inventory_item_id"], claim["available"]) == (MUG.inventory_item_id, 999)
    assert (planned.forged, planned.event, planned.subscription) == (kind, -1, subscription)
    assert f"X-Shopify-Webhook-Id: {planned.webhook_id}\r\n".encode() in outgoing.head
    genuine = setup.deliveries.fire([stock_event()], AT_NS).facts[0]
    assert isinstance(genuine, DeliveryPlanned)
    assert genuine.webhook_id != planned.webhook_id


@pytest.mark.parametrize("kind", KINDS)
def test_no_forgery_carries_a_valid_signature(setup: DeliverySetup, kind: ForgeryKind) -> None:
    setup.subscribe()
    _, outgoing = forged(setup, kind)
    lines = outgoing.head.decode().split("\r\n")
    signatures = [line.split(": ")[1] for line in lines if line.startswith("X-Shopify-Hmac-Sha256: ")]
    assert len(signatures) == (0 if kind == "unsigned" else 1)
    assert not any(matches(SECRETS.client_secret, outgoing.body, each) for each in signatures)
    assert f"Content-Length: {len(outgoing.body)}" in lines


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


def test_without_a_subscription_to_stock_there_is_no_forgery(setup: DeliverySetup) -> None:
    setup.subscribe("orders/create")
    dispatch = setup.deliveries.forge(PlannedForgery(0, 77, "unsigned", MUG.sku), AT_NS)
    assert (dispatch.facts, dispatch.attempts) == ([], [])


@pytest.mark.parametrize("uri", BUSES)
def test_nobody_can_forge_what_comes_over_a_bus(setup: DeliverySetup, uri: str) -> None:
    setup.world.subscribe("shopify", "inventory_levels/update", uri, now_ns=AT_NS)
    dispatch = setup.deliveries.forge(PlannedForgery(0, 77, "unsigned", MUG.sku), AT_NS)
    assert (dispatch.facts, dispatch.attempts) == ([], [])
