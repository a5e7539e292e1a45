"""Which dead letters a redaction deletes from a real database: those that name the customer or their orders."""

import json
from collections.abc import Iterator

import pytest

from stockstorm.loadtests.backing.postgres.embedded import EmbeddedPostgres
from stockstorm.reference_service.handlers.privacy import answer_request
from stockstorm.reference_service.queues.base import Entry
from stockstorm.reference_service.storage.database import apply_schema, open_pool
from tests.contract.reference_queues import empty_database

pytestmark = pytest.mark.e2e
REQUEST = json.dumps({"shop_id": 1, "customer": {"id": 117}, "orders_to_redact": [2300]}).encode()
BODIES = {
    1: b'{"customer": {"id": 117}}',
    2: b'{"customer": {"id": 11750}, "id": 92300}',  # another customer and order
    3: b'{"id":2300}',
    4: b"117",
    5: "né117é".encode(),
    6: b'{"note": "\\u00e9117"}',
    7: b'{"note": "\\\\"}',
    8: b"\xff\x00 2300",
}
INSERT = """INSERT INTO dead_letter (entry, seq, source, webhook_id, topic, attempts, reason, body)
VALUES ($1, $1, $2, 'w', 't', 1, 'r', $3)"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with EmbeddedPostgres() as server:
        yield empty_database(server)


@pytest.mark.asyncio
async def test_a_redaction_deletes_what_names_the_customer_and_nothing_of_others(url: str) -> None:
    async with open_pool(url, size=1) as pool:
        await apply_schema(pool)
        async with pool.acquire() as connection, connection.transaction():
            for number, body in BODIES.items():
                await connection.execute(INSERT, number, "shopify", body)
            await connection.execute(INSERT, 9, "bazaar", BODIES[1])
            await answer_request(connection, Entry(1, 1, "shopify", "customers/redact", None, 0, REQUEST))
        kept = await pool.fetch("SELECT entry FROM dead_letter ORDER BY entry")
    assert [row["entry"] for row in kept] == [2, 6, 7, 9]
