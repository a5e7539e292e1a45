"""Publishers end to end: posted over HTTP as by the generator, received with the real client libraries of the clouds.

Without fauxqs, its tests are skipped with the reason. All others always run.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import httpx
import msgspec
import pytest

from stockstorm.loadtests.backing.cloud.aws import client
from stockstorm.loadtests.backing.cloud.aws_backings import open_eventbridge
from stockstorm.loadtests.backing.cloud.base import EventBridgeBacking
from stockstorm.loadtests.backing.cloud.pubsub import clients, open_pubsub
from stockstorm.loadtests.orchestrator.cloud import start_publisher
from tests.contract.availability import why_fauxqs_is_unavailable

RUN = "20261124-flash_sale-7"
HEADERS = {
    "Content-Type": "application/json",
    "User-Agent": "Shopify-Captain-Hook",
    "X-Shopify-Topic": "orders/create",
    "X-Shopify-Hmac-Sha256": "c2lnbmVk",
    "X-Shopify-Shop-Domain": "demo.myshopify.com",
    "X-Shopify-API-Version": "2026-10",
    "X-Shopify-Webhook-Id": "w-1",
    "X-Shopify-Event-Id": "e-1",
    "X-Shopify-Triggered-At": "2026-11-24T06:00:00.123456789Z",
}
BODY = '{"id":9007199254740993,"note":"Größe <p>/\\u0026","total":"1.50"}'.encode()


class Bridge(NamedTuple):
    backing: EventBridgeBacking
    url: str

    def receive(self, expected: int) -> list[dict[str, Any]]:
        """At least `expected` events from the queue of the rule, if they arrive."""
        sqs = client("sqs", self.backing.environment)
        found: list[dict[str, Any]] = []
        for _ in range(20):
            answer = sqs.receive_message(
                QueueUrl=self.backing.queue.url,
                MaxNumberOfMessages=10,
                WaitTimeSeconds=1 if len(found) < expected else 0,
            )
            found += [json.loads(one["Body"]) for one in answer.get("Messages", [])]
            if len(found) >= expected:
                break
        return found


@pytest.fixture(params=["fauxqs", "moto"], scope="module")
def bridge(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bridge]:
    """A bus with its publisher and a queue in fauxqs or in moto itself."""
    if request.param == "fauxqs" and (why := why_fauxqs_is_unavailable(tmp_path_factory.mktemp("fauxqs"))):
        pytest.skip(f"EventBridge to fauxqs NOT tested: {why}")
    with open_eventbridge(RUN, request.param) as backing, start_publisher(backing) as publisher:
        yield Bridge(backing, publisher.url)


def test_a_delivery_arrives_in_the_queue_in_shopifys_envelope(bridge: Bridge) -> None:
    assert httpx.post(f"{bridge.url}/webhooks/shopify", content=BODY, headers=HEADERS).status_code == 200
    (event,) = bridge.receive(1)
    assert event["detail-type"] == "shopifyWebhook"
    assert event["source"] == bridge.backing.bus.source
    assert event["source"].startswith("aws.partner/shopify.com/")
    assert event["detail"]["payload"] == json.loads(BODY)
    assert event["detail"]["metadata"] == {
        "Content-Type": "application/json",
        "X-Shopify-Topic": "orders/create",
        "X-Shopify-Hmac-SHA256": "c2lnbmVk",
        "X-Shopify-Shop-Domain": "demo.myshopify.com",
        "X-Shopify-API-Version": "2026-10",
        "X-Shopify-Webhook-Id": "w-1",
        "X-Shopify-Event-Id": "e-1",
        "X-Shopify-Triggered-At": "2026-11-24T06:00:00.123456789Z",
    }


def test_a_payload_at_the_limit_arrives_whole_and_a_larger_one_as_its_id(bridge: Bridge) -> None:
    whole = b'{"id":1,"padding":"' + b"x" * (1_000_000 - 21) + b'"}'
    for body in (whole, whole + b" "):
        assert httpx.post(bridge.url, content=body, headers=HEADERS, timeout=20).status_code == 200
    payloads = [event["detail"]["payload"] for event in bridge.receive(2)]
    assert sorted(len(json.dumps(payload)) > 100 for payload in payloads) == [False, True]
    assert {"id": 1} in payloads


def test_concurrent_deliveries_all_arrive(bridge: Bridge) -> None:
    def post(number: int) -> int:
        return httpx.post(bridge.url, content=b'{"id":%d}' % number, headers=HEADERS, timeout=20).status_code

    before = httpx.get(f"{bridge.url}/healthz").json()
    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(post, range(40))) == {200}
    after = httpx.get(f"{bridge.url}/healthz").json()
    assert after["entries"] - before["entries"] == 40
    assert after["calls"] - before["calls"] <= 40  # whether two share a call is chance here; test_bus tests it
    assert sorted(event["detail"]["payload"]["id"] for event in bridge.receive(40)) == list(range(40))


def test_an_unreachable_bus_is_answered_502() -> None:
    with open_eventbridge(RUN, "moto") as backing, start_publisher(backing) as publisher:
        elsewhere = dict(backing.environment) | {"AWS_ENDPOINT_URL_EVENTBRIDGE": "http://127.0.0.1:9"}
        assert httpx.post(publisher.url, content=BODY, headers=HEADERS, timeout=20).status_code == 200
        broken = msgspec.structs.replace(backing, environment=elsewhere)
        with start_publisher(broken) as other:
            assert httpx.post(other.url, content=BODY, headers=HEADERS, timeout=20).status_code == 502


def test_a_delivery_arrives_in_pubsub_byte_for_byte_with_its_headers_as_attributes() -> None:
    with (
        open_pubsub(RUN, "double") as backing,
        start_publisher(backing) as publisher,
        clients(backing.environment) as use,
    ):
        assert httpx.post(publisher.url, content=BODY, headers=HEADERS).status_code == 200
        answer = use.subscriber.pull(subscription=backing.queue.subscription, max_messages=1, timeout=10)
        message = answer.received_messages[0].message
        assert message.data == BODY
        assert dict(message.attributes) == {
            "X-Shopify-Topic": "orders/create",
            "X-Shopify-Hmac-SHA256": "c2lnbmVk",
            "X-Shopify-Shop-Domain": "demo.myshopify.com",
            "X-Shopify-API-Version": "2026-10",
            "X-Shopify-Webhook-Id": "w-1",
            "X-Shopify-Event-Id": "e-1",
            "X-Shopify-Triggered-At": "2026-11-24T06:00:00.123456789Z",
        }
        use.publisher.delete_topic(topic=backing.queue.topic)
        assert httpx.post(publisher.url, content=BODY, headers=HEADERS).status_code == 502
