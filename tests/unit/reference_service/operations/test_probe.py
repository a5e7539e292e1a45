"""Probes answer pages, and tell in JSON what is wrong with a question."""

import asyncio
import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from starlette.applications import Starlette

from stockstorm.reference_service import limits
from stockstorm.reference_service.operations.probe import Probe


class Pool:
    """Notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    async def fetch(self, _query: str, *arguments: Any) -> list[Any]:
        self.asked.append(arguments)
        return []


def ask(path: str) -> tuple[int, Any, list[tuple[Any, ...]]]:
    """The status, the JSON, and what the database was asked."""
    pool = Pool()
    app = Starlette(routes=Probe(pool).routes())

    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://probe") as client:
            return await client.get(path)

    answer = asyncio.run(get())
    return answer.status_code, json.loads(answer.content), pool.asked


@pytest.mark.parametrize("page", ["effects", "stock", "dead-letters"])
@pytest.mark.parametrize("limit", ["-1", "0", "many", "1.5", "1_0", "٣", "9" * 19, "9" * 5_000])
def test_a_limit_that_is_none_is_a_bad_request(page: str, limit: str) -> None:
    status, body, asked = ask(f"/probe/{page}?limit={quote(limit)}")
    assert (status, asked) == (400, [])
    assert body["error"].startswith("limit: must be ")


@pytest.mark.parametrize("page", ["effects", "dead-letters"])
@pytest.mark.parametrize("after", ["-1", "w1", "9" * 19])
def test_a_cursor_that_is_no_number_is_a_bad_request_where_numbers_are_cursors(page: str, after: str) -> None:
    status, body, asked = ask(f"/probe/{page}?after={after}")
    assert (status, asked) == (400, [])
    assert body["error"].startswith("after: must be ")


def test_a_cursor_that_no_sku_can_be_is_a_bad_request() -> None:
    status, body, asked = ask("/probe/stock?after=%00")
    assert (status, asked) == (400, [])
    assert body["error"].startswith("after: must be ")


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("", (0, limits.PROBE_ROWS_DEFAULT)),
        ("?after=&limit=", (0, limits.PROBE_ROWS_DEFAULT)),
        ("?after=17&limit=5", (17, 5)),
        (f"?after={2**63 - 1}&limit=99999999", (2**63 - 1, limits.PROBE_ROWS_MAX)),
    ],
)
def test_a_good_question_is_asked_of_the_database_within_bounds(query: str, asked: tuple[int, int]) -> None:
    assert ask(f"/probe/effects{query}") == (200, {"effects": [], "next": None}, [asked])
