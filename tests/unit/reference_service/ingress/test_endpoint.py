"""Which webhook requests are accepted, and the answers to the others."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockstorm.reference_service import limits
from stockstorm.reference_service.domain.payloads import UNREADABLE_JSON, check_json
from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.ingress.endpoint import (
    BodyReader,
    Refused,
    WebhookEndpoint,
    channel_sender,
    check_signature,
    read_message,
    senders_of,
    shopify_sender,
    signature_of,
)
from stockstorm.reference_service.queues.base import InboxFull, Message
from stockstorm.reference_service.storage.database import StoreUnavailable

SECRET = b"secret"
BODY = b'{"id":1,"note":"caf\\u00e9 \\/ "}'
SENDER = shopify_sender("demo.myshopify.com", SECRET)


def headers(**change: bytes) -> list[tuple[bytes, bytes]]:
    found = {
        b"x-shopify-topic": b"orders/create",
        b"x-shopify-webhook-id": b"w1",
        b"x-shopify-shop-domain": b"demo.myshopify.com",
        b"x-shopify-hmac-sha256": signature_of(SECRET, BODY),
        b"x-shopify-triggered-at": b"2026-11-24T10:00:00.123456789Z",
    }
    found |= {b"x-shopify-" + name.replace("_", "-").encode(): value for name, value in change.items()}
    return [(name, value) for name, value in found.items() if value]


def status_of(pairs: list[tuple[bytes, bytes]], body: bytes = BODY) -> int:
    with pytest.raises(Refused) as refused:
        read_message(SENDER, pairs, body, 5)
    return refused.value.status


def test_a_signed_webhook_becomes_a_message_with_raw_body_and_nanoseconds() -> None:
    assert read_message(SENDER, headers(), BODY, 5) == Message(
        WorkType.SHOP, "shopify", "w1", "orders/create", 1795514400_123456789, 5, BODY
    )


@pytest.mark.parametrize("signature", [b"", b"forged", signature_of(b"another", BODY), signature_of(SECRET, b"{}")])
def test_a_wrong_signature_is_answered_401_before_anything_else_is_checked(signature: bytes) -> None:
    assert status_of(headers(hmac_sha256=signature, topic=b"")) == 401


def test_the_secret_of_before_a_rotation_is_accepted_besides_the_new_one() -> None:
    sender = shopify_sender("demo.myshopify.com", b"new", b"old")
    for secret, good in ((b"new", True), (b"old", True), (b"older", False), (b"", False)):
        assert check_signature(sender, "orders/create", BODY, signature_of(secret, BODY)) is good
    assert not check_signature(sender, "orders/create", BODY, b"")
    alone = shopify_sender("demo.myshopify.com", b"new")
    assert not check_signature(alone, "orders/create", BODY, signature_of(b"old", BODY))


@pytest.mark.parametrize("missing", ["topic", "webhook_id", "shop_domain"])
def test_a_missing_header_is_a_bad_request(missing: str) -> None:
    assert status_of(headers(**{missing: b""})) == 400


@pytest.mark.parametrize("name", ["webhook_id", "topic"])
def test_a_webhook_id_or_topic_that_is_too_long_is_a_bad_request(name: str) -> None:
    assert status_of(headers(**{name: b"x" * (limits.NAME_CHARS_MAX + 1)})) == 400


@pytest.mark.parametrize(
    "body",
    [
        b'{"id":',
        b"[" * 100_000 + b"]" * 100_000,
        b'{"id":1,"note":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
        b'{"id":1,"note":"\xff\xfe"}',
        b'{"id":1,"\xed\xa0\x80":1}',
        b'{"id":' + b"9" * 5_000 + b"}",
    ],
    ids=["cut", "deep arrays", "deep objects", "not UTF-8", "a surrogate as name", "huge integer"],
)
def test_a_signed_body_that_nobody_can_read_is_accepted_as_it_is(body: bytes) -> None:
    assert read_message(SENDER, headers(hmac_sha256=signature_of(SECRET, body)), body, 5).body == body
    with pytest.raises(UNREADABLE_JSON):
        check_json(body)


@given(before=st.integers(0, 250), digits=st.integers(4_301, 4_700), spaces=st.integers(0, 250))
def test_an_integer_that_python_refuses_is_found_wherever_it_stands(before: int, digits: int, spaces: int) -> None:
    body = b'{"a":"' + b"x" * before + b'","b":' + b"7" * digits + b" " * spaces + b"}"
    with pytest.raises(UNREADABLE_JSON):
        check_json(body)


@pytest.mark.parametrize("body", [b'{"id":1,"note":"' + b"9" * 5_000 + b'"}', '{"note":"café"}'.encode()])
def test_unusual_json_that_can_be_read_is_accepted(body: bytes) -> None:
    assert read_message(SENDER, headers(hmac_sha256=signature_of(SECRET, body)), body, 5).body == body


def test_a_webhook_of_another_shop_is_refused() -> None:
    assert status_of(headers(shop_domain=b"other.myshopify.com")) == 403


def test_an_unknown_topic_is_accepted_and_ignored() -> None:
    assert read_message(SENDER, headers(topic=b"themes/publish"), BODY, 5).work_type is WorkType.IGNORED


def test_an_invalid_trigger_time_is_read_as_none() -> None:
    assert read_message(SENDER, headers(triggered_at=b"yesterday"), BODY, 5).triggered_ns is None


def test_without_the_signature_check_a_forged_webhook_is_accepted() -> None:
    senders = senders_of("demo.myshopify.com", ["bazaar"], None, None)
    assert read_message(senders[""], headers(hmac_sha256=b"forged"), BODY, 5).webhook_id == "w1"


def test_a_channel_must_send_its_own_name_in_the_header() -> None:
    pairs = [
        (b"x-marketplace-topic", b"order.created"),
        (b"x-marketplace-delivery-id", b"d1"),
        (b"x-marketplace-channel", b"mercado"),
        (b"x-marketplace-signature", signature_of(SECRET, BODY)),
    ]
    assert read_message(channel_sender("mercado", SECRET), pairs, BODY, 5).source == "mercado"
    with pytest.raises(Refused, match="400"):
        read_message(channel_sender("bazaar", SECRET), pairs, BODY, 5)


class Inbox:
    """Accepts messages, or raises."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.accepted: list[Message] = []
        self.failure = failure

    async def put(self, message: Message) -> None:
        if self.failure is not None:
            raise self.failure
        self.accepted.append(message)


def answer(inbox: Inbox, *parts: bytes, declared: int | None = None, channel: str = "", cut: bool = False) -> Any:
    """The endpoint's status for a chunked body; None if it does not answer."""
    events = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    if cut:
        events.append({"type": "http.disconnect"})
    else:
        events[-1]["more_body"] = False
    sent: list[Any] = []

    async def receive() -> Any:
        return events.pop(0)

    async def send(event: Any) -> None:
        sent.append(event)

    length = [] if declared is None else [(b"content-length", str(declared).encode())]
    scope = {"headers": [*headers(), *length], "path_params": {"channel": channel} if channel else {}}
    asyncio.run(WebhookEndpoint("shopify", {"": SENDER}, inbox)(scope, receive, send))
    return sent[0]["status"] if sent else None


def test_a_chunked_body_is_joined_before_its_signature_is_checked() -> None:
    inbox = Inbox()
    assert answer(inbox, BODY[:5], BODY[5:]) == 200
    assert [message.body for message in inbox.accepted] == [BODY]


def test_a_body_over_the_limit_is_refused_without_reading_the_rest() -> None:
    inbox = Inbox()
    assert answer(inbox, b"", declared=limits.BODY_BYTES_MAX + 1) == 413
    assert answer(inbox, b"x" * (limits.BODY_BYTES_MAX + 1)) == 413
    assert answer(inbox, b"x" * limits.BODY_BYTES_MAX, b"x", b"never read") == 413
    assert inbox.accepted == []


@pytest.mark.parametrize("failure", [InboxFull(), StoreUnavailable("gone")])
def test_a_webhook_that_cannot_be_stored_is_not_acknowledged(failure: Exception) -> None:
    assert answer(Inbox(failure), BODY) == 503


def test_an_unknown_channel_is_not_found() -> None:
    assert answer(Inbox(), BODY, channel="nowhere") == 404


def test_a_request_whose_connection_was_closed_is_not_answered() -> None:
    assert answer(Inbox(), BODY[:5], cut=True) is None


def test_an_incomplete_body_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "STORE_TIMEOUT_S", 0.02)
    events = [{"type": "http.request", "body": BODY[:5], "more_body": True}]
    sent: list[Any] = []

    async def receive() -> Any:
        if not events:
            await asyncio.Event().wait()
        return events.pop()

    async def send(event: Any) -> None:
        sent.append(event)

    scope = {"headers": headers(), "path_params": {}}
    asyncio.run(WebhookEndpoint("shopify", {"": SENDER}, Inbox())(scope, receive, send))
    assert sent[0]["status"] == 408


@pytest.mark.asyncio
async def test_chunked_bodies_share_a_limit_and_return_their_part_of_it() -> None:
    bodies = BodyReader(bytes_max=10)
    more = asyncio.Event()

    def request(*parts: bytes) -> Any:
        waiting = list(parts)

        async def receive() -> Any:
            if len(waiting) == 1:
                await more.wait()
            body = waiting.pop(0)
            return {"type": "http.request", "body": body, "more_body": bool(waiting)}

        return bodies.read({"headers": []}, receive)

    first = asyncio.create_task(request(b"123456", b"7"))
    await asyncio.sleep(0)
    with pytest.raises(Refused, match="503"):
        await request(b"12345", b"6")
    more.set()
    assert await first == b"1234567"
    assert await request(b"123456789", b"0") == b"1234567890"
