"""Handler of the shop's own orders, refunds and products: upserts by Shopify's id that keep the newest version.

A version is (updated_at, X-Shopify-Triggered-At). `updated_at` is signed but has whole seconds; the other breaks ties.
"""

from collections.abc import Sequence

import msgspec

from stockstorm.reference_service.domain.payloads import (
    ShopOrder,
    ShopProduct,
    ShopRefund,
    Unusable,
    decode,
    updated_ns,
)
from stockstorm.reference_service.domain.topics import PRIVACY_TOPICS
from stockstorm.reference_service.handlers import WorkResult
from stockstorm.reference_service.handlers.privacy import answer_request
from stockstorm.reference_service.queues.base import DeadLetter, Entry, Settled, State, Verdict
from stockstorm.reference_service.storage.database import Connection

Version = tuple[int, int]

_ORDERS = """
INSERT INTO shop_order AS known
  (order_id, updated_ns, triggered_ns, name, currency, total_price, financial_status, cancelled)
SELECT * FROM unnest
  ($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::boolean[])
ON CONFLICT (order_id) DO UPDATE SET updated_ns = excluded.updated_ns, triggered_ns = excluded.triggered_ns,
  name = excluded.name, currency = excluded.currency, total_price = excluded.total_price,
  financial_status = excluded.financial_status, cancelled = excluded.cancelled
WHERE (excluded.updated_ns, excluded.triggered_ns) > (known.updated_ns, known.triggered_ns)
RETURNING order_id
"""
_PRODUCTS = """
INSERT INTO shop_product AS known (product_id, updated_ns, triggered_ns, title, status)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[])
ON CONFLICT (product_id) DO UPDATE SET updated_ns = excluded.updated_ns, triggered_ns = excluded.triggered_ns,
  title = excluded.title, status = excluded.status
WHERE (excluded.updated_ns, excluded.triggered_ns) > (known.updated_ns, known.triggered_ns)
RETURNING product_id
"""
_REFUNDS = """
INSERT INTO shop_refund (refund_id, order_id, restock)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::boolean[]) ON CONFLICT (refund_id) DO NOTHING RETURNING refund_id
"""


class Versioned(msgspec.Struct, frozen=True):
    """A resource at one version."""

    version: Version
    payload: ShopOrder | ShopProduct | ShopRefund

    @property
    def resource(self) -> tuple[str, int]:
        return (type(self.payload).__name__, self.payload.id)


class VersionedEntry(Versioned, frozen=True):
    """A resource with the entry that brought it."""

    entry: Entry


class ShopHandler:
    """Keeps a copy of the shop's own orders, refunds and products."""

    async def apply(self, connection: Connection, entries: Sequence[Entry]) -> WorkResult:
        """Writes the newest entry of each resource. The other entries are superseded."""
        verdicts: list[Verdict] = []
        newest: dict[tuple[str, int], VersionedEntry] = {}
        for entry in entries:
            try:
                if entry.topic in PRIVACY_TOPICS:
                    await answer_request(connection, entry)
                    verdicts.append(Settled(entry, State.APPLIED))
                    continue
                found = read_event(entry)
            except Unusable as error:
                verdicts.append(DeadLetter(entry, str(error)))
                continue
            other = newest.get(found.resource)
            if other is not None and found.version <= other.version:
                verdicts.append(Settled(entry, State.SUPERSEDED))
                continue
            if other is not None:
                verdicts.append(Settled(other.entry, State.SUPERSEDED))
            newest[found.resource] = found
        applied = await write_newest(connection, list(newest.values()))
        for resource, found in newest.items():
            verdicts.append(Settled(found.entry, State.APPLIED if resource in applied else State.SUPERSEDED))
        return WorkResult(verdicts)


def read_event(entry: Entry) -> VersionedEntry:
    """Decodes an entry; Unusable if it can never be applied."""
    payload: ShopOrder | ShopProduct | ShopRefund
    match entry.topic.split("/")[0]:
        case "orders":
            payload = decode(entry.body, ShopOrder)
        case "products":
            payload = decode(entry.body, ShopProduct)
        case "refunds":
            return VersionedEntry((0, 0), decode(entry.body, ShopRefund), entry)
        case _:
            raise Unusable("an unknown topic")
    return VersionedEntry((updated_ns(payload.updated_at), entry.triggered_ns or 0), payload, entry)


async def write_newest(connection: Connection, newest: Sequence[Versioned]) -> set[tuple[str, int]]:
    """Writes at most one version of each resource. Returns the written ones: those newer than the stored version."""
    newest = sorted(newest, key=lambda found: found.payload.id)  # all transactions lock in the same order
    orders = [_order_row(n.version, n.payload) for n in newest if isinstance(n.payload, ShopOrder)]
    products = [_product_row(n.version, n.payload) for n in newest if isinstance(n.payload, ShopProduct)]
    refunds = [n.payload for n in newest if isinstance(n.payload, ShopRefund)]
    applied: set[tuple[str, int]] = set()
    if orders:
        rows = await connection.fetch(_ORDERS, *_columns(orders))
        applied |= {(ShopOrder.__name__, row[0]) for row in rows}
    if products:
        rows = await connection.fetch(_PRODUCTS, *_columns(products))
        applied |= {(ShopProduct.__name__, row[0]) for row in rows}
    if refunds:
        columns = [[r.id for r in refunds], [r.order_id for r in refunds], [r.restocks for r in refunds]]
        rows = await connection.fetch(_REFUNDS, *columns)
        applied |= {(ShopRefund.__name__, row[0]) for row in rows}
    return applied


def _order_row(version: Version, o: ShopOrder) -> tuple[object, ...]:
    return (o.id, *version, o.name, o.currency, o.total_price, o.financial_status, o.cancelled_at is not None)


def _product_row(version: Version, p: ShopProduct) -> tuple[object, ...]:
    return (p.id, *version, p.title, p.status)


def _columns(rows: list[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
