"""Webhooks for others to send: of every topic, with good signatures, and no two alike."""

import json
from typing import Final

import pytest

from stockstorm.loadtests.serve import writer
from stockstorm.loadtests.serve.commands import TOPICS, Command
from stockstorm.loadtests.serve.writer import WebhookWriter, Written
from stockstorm.simulator.delivery.service import Secrets
from stockstorm.simulator.errors import ScenarioError
from stockstorm.simulator.events.encoding import matches

KEYS: Final = Secrets(b"client", b"channels")
URL: Final = "http://127.0.0.1:8080/webhooks"


@pytest.fixture(scope="module")
def shop() -> WebhookWriter:
    return WebhookWriter(URL, KEYS)


def is_signed(written: Written) -> bool:
    if "X-Marketplace-Signature" in written.headers:
        return "X-Marketplace-Topic" in written.headers
    return matches(b"client", written.body, written.headers.get("X-Shopify-Hmac-Sha256", ""))


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_is_written_and_signed(shop: WebhookWriter, topic: str) -> None:
    written = shop.write(Command(topic=topic))
    assert written.topic == topic
    assert json.loads(written.body)
    assert is_signed(written)
    assert {"Host", "Content-Length"}.isdisjoint(written.headers)


def test_a_forged_one_and_a_body_of_ones_own(shop: WebhookWriter) -> None:
    assert not is_signed(shop.write(Command(topic="orders/create", forge="tampered")))
    assert "X-Shopify-Hmac-Sha256" not in shop.write(Command(topic="orders/create", forge="unsigned")).headers
    own = shop.write(Command(topic="orders/create", data='{"id":1}'))
    assert own.body == b'{"id":1}'
    assert is_signed(own)


def test_two_writers_write_nothing_that_a_receiver_takes_for_a_copy() -> None:
    found = [
        shop.write(command)
        for shop in (WebhookWriter(URL, KEYS), WebhookWriter(URL, KEYS))
        for command in (Command(topic="orders/create"),) * 5 + (Command(topic="orders/create", data="{}"),) * 2
    ]
    assert len({one.headers["X-Shopify-Webhook-Id"] for one in found}) == 14
    assert len({json.loads(one.body)["id"] for one in found if len(one.body) > 2}) == 10


def test_it_never_sells_out_and_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "WRITTEN_MAX", 20)
    shop = WebhookWriter(URL, KEYS)
    sku = "SKU-00002"
    found = [shop.write(Command(topic="orders/create", sku=sku, units=400)) for _ in range(50)]
    found += [shop.write(Command(topic="order.created", sku=sku)) for _ in range(50)]
    assert len({one.body for one in found}) == 100
    with pytest.raises(ScenarioError, match="give fewer units"):
        shop.write(Command(topic="order.created", sku=sku, units=900_000))


def test_what_the_shop_does_not_know_is_refused(shop: WebhookWriter) -> None:
    with pytest.raises(ScenarioError, match="orders/creat"):
        shop.write(Command(topic="orders/creat"))
