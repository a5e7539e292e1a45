"""Requests for privacy, which every app must answer: customers/data_request, customers/redact, shop/redact.

The service keeps no personal data, except in the bodies of dead letters.
"""

import msgspec
import structlog

from stockstorm.reference_service.domain.payloads import UNREADABLE_JSON, Id, Unusable
from stockstorm.reference_service.domain.topics import CUSTOMER_REDACT, SHOP_REDACT
from stockstorm.reference_service.queues.base import Entry
from stockstorm.reference_service.storage.database import Connection

log = structlog.get_logger()
# An id is a whole number of the body: 117 is not in 11750. Bytes beyond ASCII are escaped as a backslash and 3 digits.
_OF_CUSTOMER = r"""
SELECT entry FROM dead_letter
WHERE source = 'shopify' AND EXISTS (SELECT FROM unnest($1::text[]) AS number WHERE
  position(convert_to(number, 'UTF8') IN body) > 0
  AND encode(body, 'escape') ~ ('(^|[^0-9]|\\[0-7]{3})' || number || '($|[^0-9])'))
"""
_REDACT_SHOP = (
    "DELETE FROM dead_letter WHERE source = 'shopify'",
    "DELETE FROM shop_refund",
    "DELETE FROM shop_order",
    "DELETE FROM shop_product",
)


class _Customer(msgspec.Struct, frozen=True):
    id: Id


class Request(msgspec.Struct, frozen=True):
    """Whose data it is about. `orders` are ids, under the name of either topic."""

    customer: _Customer | None = None
    orders_to_redact: list[Id] = []
    orders_requested: list[Id] = []

    @property
    def numbers(self) -> list[str]:
        """The ids by which a body that is kept could name the customer."""
        customer = [self.customer.id] if self.customer else []
        return [str(number) for number in (*customer, *self.orders_to_redact, *self.orders_requested)]


async def answer_request(connection: Connection, entry: Entry) -> None:
    """Deletes what a redaction is about. A request for data is told to the operator. Raises Unusable."""
    try:
        request = msgspec.json.decode(entry.body, type=Request)
    except UNREADABLE_JSON:
        raise Unusable("not a request for privacy") from None
    if entry.topic == SHOP_REDACT:
        for statement in _REDACT_SHOP:
            await connection.execute(statement)
        log.info("shop_redacted")
        return
    found = [row["entry"] for row in await connection.fetch(_OF_CUSTOMER, request.numbers)]
    if entry.topic == CUSTOMER_REDACT:
        await connection.execute("DELETE FROM dead_letter WHERE entry = ANY($1::bigint[])", found)
    log.info("privacy_request", topic=entry.topic, dead_letters=len(found))
