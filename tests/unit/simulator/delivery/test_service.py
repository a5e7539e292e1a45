"""The deliveries: events become signed attempts, answers become outcomes."""

import json
from collections.abc import Callable

import msgspec
import pytest

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import PerturbationConfig
from stockstorm.simulator.delivery.attempts import Answer
from stockstorm.simulator.events.encoding import matches
from stockstorm.simulator.history.facts import AttemptEnded, DeliveryEnded, DeliveryPlanned, EventUnheard
from stockstorm.simulator.limits import SAID_MAX
from stockstorm.simulator.versions import ApiVersion
from tests.delivery_service import SECRETS, DeliverySetup, config
from tests.literal_shop import AT_NS, ORDER, order_event, stock_event

OK = Answer(AT_NS + 1, AT_NS + 2, AT_NS + 3, AT_NS + 1, AT_NS + 4, status=200, bytes_sent=700)
FAILED = msgspec.structs.replace(OK, status=503)


def header(head: bytes, name: str) -> str:
    return next(
        line.split(": ", 1)[1] for line in head.decode().split("\r\n") if line.lower().startswith(f"{name.lower()}: ")
    )


def test_an_event_that_nobody_hears_is_gone(setup: DeliverySetup) -> None:
    dispatch = setup.deliveries.fire([stock_event(serial=9)], AT_NS)
    assert (dispatch.facts, dispatch.attempts) == ([EventUnheard(AT_NS, 9)], [])
    assert setup.deliveries.pending == 0


def test_an_event_gives_a_planned_delivery_and_its_first_attempt(setup: DeliverySetup) -> None:
    subscription = setup.subscribe()
    dispatch = setup.deliveries.fire([stock_event(serial=9)], AT_NS)
    (outgoing,) = dispatch.attempts
    webhook_id = header(outgoing.head, "X-Shopify-Webhook-Id")
    assert dispatch.facts == [
        DeliveryPlanned(AT_NS, 0, 9, webhook_id, subscription, "inventory_levels/update", AT_NS),
    ]
    assert (outgoing.delivery, outgoing.attempt, outgoing.due_ns) == (0, 1, AT_NS)
    assert outgoing.address.path == "/hooks/shopify"
    assert setup.deliveries.pending == 1


def test_the_signature_is_that_of_the_bytes_sent(setup: DeliverySetup) -> None:
    setup.subscribe()
    setup.subscribe("*", source="bazaar")
    sold = msgspec.structs.replace(ORDER, channel="bazaar", ref="bazaar-1008")
    stock, sale = setup.deliveries.fire([stock_event(), order_event("order.created", sold)], AT_NS).attempts
    assert matches(SECRETS.client_secret, stock.body, header(stock.head, "X-Shopify-Hmac-Sha256"))
    assert matches(SECRETS.channel_secrets, sale.body, header(sale.head, "X-Marketplace-Signature"))
    assert header(stock.head, "Content-Length") == str(len(stock.body))
    assert header(sale.head, "X-Marketplace-Topic") == "order.created"


def test_the_time_of_the_trigger_and_the_event_id_are_the_event_s(setup: DeliverySetup) -> None:
    setup.subscribe()
    (outgoing,) = setup.deliveries.fire([stock_event()], AT_NS + 7).attempts
    assert header(outgoing.head, "X-Shopify-Triggered-At") == "2026-11-24T12:05:00.877041748Z"
    assert header(outgoing.head, "X-Shopify-Event-Id") == "event-1"


def test_subscriptions_share_event_id_and_bytes_but_not_the_webhook_id(setup: DeliverySetup) -> None:
    setup.subscribe()
    setup.subscribe()
    first, second = setup.deliveries.fire([stock_event()], AT_NS).attempts
    assert first.body is second.body
    assert header(first.head, "X-Shopify-Event-Id") == header(second.head, "X-Shopify-Event-Id")
    assert header(first.head, "X-Shopify-Webhook-Id") != header(second.head, "X-Shopify-Webhook-Id")


@pytest.mark.parametrize(
    ("settings", "carried"),
    [
        ({}, "2026-10"),
        ({"api_version": "2025-10"}, "2025-10"),
        ({"api_version": "2026-01", "oldest_api_version": "2026-04"}, "2026-04"),
    ],
)
def test_a_delivery_carries_the_app_s_version_or_the_oldest_that_is_served(
    settings: dict[str, ApiVersion], carried: str
) -> None:
    shop = config()
    old = DeliverySetup(shop.model_copy(update={"shop": shop.shop.model_copy(update=settings)}))
    old.subscribe()
    (outgoing,) = old.deliveries.fire([stock_event()], AT_NS).attempts
    assert header(outgoing.head, "X-Shopify-API-Version") == carried


def test_an_address_is_resolved_once(setup: DeliverySetup) -> None:
    setup.subscribe()
    for serial in range(3):
        setup.deliveries.fire([stock_event(serial)], AT_NS)
    assert len(setup.resolved) == 1


def test_a_2xx_ends_the_delivery(setup: DeliverySetup) -> None:
    setup.subscribe()
    (outgoing,) = setup.deliveries.fire([stock_event()], AT_NS).attempts
    dispatch = setup.deliveries.answered(outgoing, OK)
    assert dispatch.attempts == []
    assert dispatch.facts == [
        AttemptEnded(AT_NS + 4, 0, 1, AT_NS, AT_NS + 1, AT_NS + 2, AT_NS + 3, AT_NS + 1, status=200, bytes_sent=700),
        DeliveryEnded(AT_NS + 4, 0, "acknowledged"),
    ]
    assert setup.deliveries.pending == 0


def test_a_failure_is_tried_again_with_the_very_same_bytes(setup: DeliverySetup) -> None:
    setup.subscribe()
    (first,) = setup.deliveries.fire([stock_event()], AT_NS).attempts
    dispatch = setup.deliveries.answered(first, FAILED)
    (second,) = dispatch.attempts
    assert second == msgspec.structs.replace(first, attempt=2, due_ns=AT_NS + 4 + 10 * SECOND_NS)
    assert second.body is first.body
    assert second.head is first.head
    assert [type(fact) for fact in dispatch.facts] == [AttemptEnded]
    assert setup.deliveries.pending == 1


def test_a_retry_that_succeeds_acknowledges_the_delivery(setup: DeliverySetup) -> None:
    setup.subscribe()
    (first,) = setup.deliveries.fire([stock_event()], AT_NS).attempts
    (second,) = setup.deliveries.answered(first, FAILED).attempts
    assert setup.deliveries.answered(second, OK).facts[-1] == DeliveryEnded(AT_NS + 4, 0, "acknowledged")


def test_a_copy_has_the_same_head_and_bytes_and_a_delivery_of_its_own(
    make_setup: Callable[..., DeliverySetup],
) -> None:
    twice = PerturbationConfig(kind="duplicate", share=1, seconds=2)
    setup = make_setup(perturbations=(twice,))
    setup.subscribe()
    dispatch = setup.deliveries.fire([stock_event()], AT_NS)
    original, copy = dispatch.attempts
    assert (original.delivery, copy.delivery) == (0, 1)
    assert copy.head is original.head
    assert copy.body is original.body
    assert AT_NS <= copy.due_ns <= AT_NS + 2 * SECOND_NS
    planned = [fact for fact in dispatch.facts if isinstance(fact, DeliveryPlanned)]
    assert [(fact.copy, fact.perturbed) for fact in planned] == [(0, ()), (1, ("duplicate",))]
    assert planned[0].webhook_id == planned[1].webhook_id


def test_closing_ends_what_is_open_as_pending(setup: DeliverySetup) -> None:
    setup.subscribe()
    done, still, retried = setup.deliveries.fire([stock_event(each) for each in range(3)], AT_NS).attempts
    setup.deliveries.answered(done, OK)
    setup.deliveries.answered(retried, FAILED)
    assert setup.deliveries.close(AT_NS + 9) == [
        DeliveryEnded(AT_NS + 9, still.delivery, "pending"),
        DeliveryEnded(AT_NS + 9, retried.delivery, "pending"),
    ]
    assert setup.deliveries.pending == 0


def test_statistics_learn_the_topic_of_an_attempt(setup: DeliverySetup) -> None:
    setup.subscribe()
    (outgoing,) = setup.deliveries.fire([stock_event()], AT_NS).attempts
    assert setup.deliveries.described(outgoing) == ("inventory_levels/update", "")
    setup.deliveries.answered(outgoing, OK)
    assert setup.deliveries.described(outgoing) == ("", "")


def test_bodies_differ_with_the_stock_and_show_it(setup: DeliverySetup) -> None:
    setup.subscribe()
    events = [stock_event(serial, available=40 - serial, version=serial) for serial in (1, 2)]
    shown = [json.loads(each.body)["available"] for each in setup.deliveries.fire(events, AT_NS).attempts]
    assert shown == [39, 38]


def test_secrets_do_not_show_in_text() -> None:
    assert "secret" not in repr(SECRETS).lower().removeprefix("secrets")


def test_what_a_subject_says_is_kept_short_and_without_the_secrets(setup: DeliverySetup) -> None:
    setup.subscribe()
    (outgoing,) = setup.deliveries.fire([stock_event()], AT_NS).attempts
    said = f"no match with {SECRETS.client_secret.decode()} {'x' * 300}"
    facts = setup.deliveries.answered(outgoing, msgspec.structs.replace(FAILED, said=said)).facts
    kept = next(fact for fact in facts if isinstance(fact, AttemptEnded)).said
    assert kept.startswith("no match with *** xxx")
    assert len(kept) == SAID_MAX


DROPPED = msgspec.structs.replace(OK, status=0, error="dropped")


def test_an_attempt_on_a_dropped_connection_is_repeated_at_once_and_costs_no_retry(setup: DeliverySetup) -> None:
    setup.subscribe()
    (first,) = setup.deliveries.fire([stock_event()], AT_NS).attempts
    dispatch = setup.deliveries.answered(first, DROPPED)
    (second,) = dispatch.attempts
    assert [fact.error for fact in dispatch.facts if isinstance(fact, AttemptEnded)] == ["dropped"]
    assert (second.attempt, second.due_ns, second.head, second.body) == (2, DROPPED.ended_ns, first.head, first.body)
    (third,) = setup.deliveries.answered(second, FAILED).attempts
    assert (third.attempt, third.due_ns) == (3, FAILED.ended_ns + 10 * SECOND_NS)  # the first gap


def test_a_second_dropped_connection_is_a_failure_like_any_other(setup: DeliverySetup) -> None:
    setup.subscribe()
    (attempt,) = setup.deliveries.fire([stock_event()], AT_NS).attempts
    (attempt,) = setup.deliveries.answered(attempt, DROPPED).attempts
    (attempt,) = setup.deliveries.answered(attempt, DROPPED).attempts
    assert attempt.due_ns == DROPPED.ended_ns + 10 * SECOND_NS


def test_what_is_lost_is_planned_and_never_sent() -> None:
    lost = PerturbationConfig(kind="lost", share=1.0, topics=("inventory_levels/update",))
    setup = DeliverySetup(config(perturbations=(lost,)))
    subscription = setup.subscribe()
    dispatch = setup.deliveries.fire([stock_event(serial=9)], AT_NS)
    assert dispatch.attempts == []
    planned, ended = dispatch.facts
    assert isinstance(planned, DeliveryPlanned)
    assert (planned.event, planned.subscription, planned.perturbed) == (9, subscription, ("lost",))
    assert ended == DeliveryEnded(AT_NS, 0, "never_sent")
    assert (setup.deliveries.pending, setup.deliveries.close(AT_NS)) == (0, [])
