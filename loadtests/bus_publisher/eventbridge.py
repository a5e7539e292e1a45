"""Amazon EventBridge: PutEvents with Shopify's partner source and envelope, at most ten entries a call.

The envelope has the format of docs/sources.md, S7. The payload's bytes are spliced in unchanged, so that what arrives
is what was signed, counted and logged.
"""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any, Final

import msgspec
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, ReadTimeoutError

from stockstorm.loadtests.bus_publisher.bus import BatchLimits, Delivery, NotAccepted, Wrapped, bus_attributes
from stockstorm.simulator.errors import UNREADABLE_JSON

PAYLOAD_MAX_BYTES: Final = 1_000_000  # EventBridge's limit since 2026-11-17
DETAIL_TYPE: Final = "shopifyWebhook"
SIGNATURE: Final = "x-shopify-hmac-sha256"
ANSWER_WITHIN_S: Final = 5
LIMITS: Final = BatchLimits(entries_max=10, bytes_max=1_048_576, calls_max=4)
# Shopify retries by its own schedule. A hidden retry of the SDK would change it and could publish an event twice.
CONFIG: Final = AioConfig(connect_timeout=1, read_timeout=ANSWER_WITHIN_S, retries={"total_max_attempts": 1})


class _Identified(msgspec.Struct):
    id: msgspec.Raw = msgspec.Raw(b"null")


_identified = msgspec.json.Decoder(_Identified)
_any_json = msgspec.json.Decoder(msgspec.Raw)


class EventBridge:
    """A bus by name. The SDK takes endpoint, region and credentials from its own environment variables."""

    limits = LIMITS

    def __init__(self, bus: str, source: str) -> None:
        self._bus, self._source = bus, source
        self._stack = AsyncExitStack()
        self._client: Any = None

    def wrap(self, delivery: Delivery) -> Wrapped:
        detail = eventbridge_detail(delivery)
        entry = {"EventBusName": self._bus, "Source": self._source, "DetailType": DETAIL_TYPE, "Detail": detail}
        return Wrapped(entry, len(detail.encode()) + len(self._source) + len(DETAIL_TYPE))

    async def publish(self, batch: Sequence[Any]) -> Sequence[str]:
        try:
            if self._client is None:
                self._client = await self._stack.enter_async_context(
                    get_session().create_client("events", config=CONFIG)
                )
            answer = await self._client.put_events(Entries=list(batch))
        except (ConnectTimeoutError, ReadTimeoutError) as error:
            raise NotAccepted(504, str(error)) from error
        except (BotoCoreError, ClientError) as error:
            raise NotAccepted(502, str(error)) from error
        return [_reason(entry) for entry in answer["Entries"]]

    async def close(self) -> None:
        await self._stack.aclose()


def eventbridge_detail(delivery: Delivery) -> str:
    """`{"payload": …, "metadata": …}`. A payload over the limit becomes `{"id": …}`, to be fetched by the API.

    Raises NotAccepted for a body that is not JSON.
    """
    body, headers = delivery.body, delivery.headers
    try:
        text = body.decode()
        _any_json.decode(body)
        if len(body) > PAYLOAD_MAX_BYTES:
            text = f'{{"id":{bytes(_identified.decode(body).id).decode()}}}'
            headers = {name: value for name, value in headers.items() if name != SIGNATURE}  # of the original bytes
    except UNREADABLE_JSON as error:
        raise NotAccepted(400, f"the body is not a JSON object: {error}") from None
    metadata = {"Content-Type": "application/json"} | bus_attributes(headers)
    return f'{{"payload":{text},"metadata":{msgspec.json.encode(metadata).decode()}}}'


def _reason(entry: dict[str, str]) -> str:
    return f"{entry['ErrorCode']}: {entry.get('ErrorMessage', '')}" if "ErrorCode" in entry else ""
