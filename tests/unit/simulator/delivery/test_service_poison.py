"""Poisonous deliveries are signed by their source, belong to no event, and are never sent again."""

import pytest

from stockstorm.simulator.delivery.attempts import Answer
from stockstorm.simulator.events.encoding import matches
from stockstorm.simulator.history.facts import DeliveryEnded, DeliveryOutcome, DeliveryPlanned
from stockstorm.simulator.plan.items import PlannedPoison
from tests.delivery_service import SECRETS, DeliverySetup
from tests.literal_shop import AT_NS, MUG

POISON = PlannedPoison(0, 77, "null_lines", MUG.sku, "bazaar", "order.created")


def test_it_is_signed_and_claims_an_order_that_nobody_placed(setup: DeliverySetup) -> None:
    setup.subscribe("*", source="bazaar")
    dispatch = setup.deliveries.forge(POISON, AT_NS)
    (planned,), (outgoing,) = dispatch.facts, dispatch.attempts
    assert isinstance(planned, DeliveryPlanned)
    assert (planned.event, planned.forged, planned.source) == (-1, "null_lines", "bazaar")
    assert planned.claim.startswith("bazaar-")
    signature = next(line for line in outgoing.head.decode().split("\r\n") if "-Signature:" in line)
    assert matches(SECRETS.channel_secrets, outgoing.body, signature.split(": ")[1])
    assert b'"lines": null' in outgoing.body


@pytest.mark.parametrize(("status", "outcome"), [(200, "acknowledged"), (400, "refused"), (500, "given_up")])
def test_whatever_the_answer_it_is_the_only_attempt(
    setup: DeliverySetup, status: int, outcome: DeliveryOutcome
) -> None:
    setup.subscribe("*", source="bazaar")
    (outgoing,) = setup.deliveries.forge(POISON, AT_NS).attempts
    answered = setup.deliveries.answered(outgoing, Answer(AT_NS, AT_NS, AT_NS, AT_NS, AT_NS, status=status))
    assert answered.attempts == []
    assert DeliveryEnded(AT_NS, 0, outcome) in answered.facts


def test_nobody_who_does_not_listen_gets_any(setup: DeliverySetup) -> None:
    assert setup.deliveries.forge(POISON, AT_NS).attempts == []
