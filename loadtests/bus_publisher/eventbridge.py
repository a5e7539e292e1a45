"""Amazon EventBridge: PutEvents, at most ten entries a call, with Shopify's partner source and envelope."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any, Final

from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, ReadTimeoutError

from stockstorm.loadtests.bus_publisher.base import BatchLimits, Delivery, NotAccepted, Wrapped
from stockstorm.loadtests.bus_publisher.envelope import DETAIL_TYPE, eventbridge_detail

ANSWER_WITHIN_S: Final = 5
LIMITS: Final = BatchLimits(entries_max=10, bytes_max=1_048_576, calls_max=4)
# Shopify retries by its own schedule; a hidden retry of the SDK would blur it and could put an event twice.
CONFIG: Final = AioConfig(connect_timeout=1, read_timeout=ANSWER_WITHIN_S, retries={"total_max_attempts": 1})


class EventBridge:
    """The SDK takes endpoint, region and credentials from its own environment variables."""

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


def _reason(entry: dict[str, str]) -> str:
    return f"{entry['ErrorCode']}: {entry.get('ErrorMessage', '')}" if "ErrorCode" in entry else ""
