"""Probes answer pages, and invalid parameters with a JSON error."""

import asyncio
import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from starlette.applications import Starlette

from stockstorm.reference_service import limits
from stockstorm.reference_service.operations import Probe


class Pool:
    """Records the parameters of its queries."""

    def __init__(self) -> None:
        self.queries: list[tuple[Any, ...]] = []

    async def fetch(self, _query: str, *arguments: Any) -> list[Any]:
        self.queries.append(arguments)
        return []

    async def fetchval(self, _query: str) -> int:
        return 66


def get_page(path: str) -> tuple[int, Any, list[tuple[Any, ...]]]:
    """The status, the JSON, and the parameters of the database queries."""
    pool: Any = Pool()
    answer = get(pool, path)
    return answer.status_code, json.loads(answer.content), pool.queries


def get(pool: Any, path: str, *, ready: bool = True, unfinished: int = 0) -> httpx.Response:
    async def is_ready() -> bool:
        return ready

    app = Starlette(routes=Probe(pool, is_ready, lambda: unfinished).routes())

    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://probe") as client:
            return await client.get(path)

    return asyncio.run(call())


@pytest.mark.parametrize("page", ["effects", "stock", "dead-letters"])
@pytest.mark.parametrize("limit", ["-1", "0", "many", "1.5", "1_0", "٣", "9" * 19, "9" * 5_000])
def test_an_invalid_limit_is_a_bad_request(page: str, limit: str) -> None:
    status, body, queries = get_page(f"/probe/{page}?limit={quote(limit)}")
    assert (status, queries) == (400, [])
    assert body["error"].startswith("limit: must be ")


@pytest.mark.parametrize("page", ["effects", "dead-letters"])
@pytest.mark.parametrize("after", ["-1", "w1", "9" * 19])
def test_a_cursor_that_is_not_a_number_is_a_bad_request(page: str, after: str) -> None:
    status, body, queries = get_page(f"/probe/{page}?after={after}")
    assert (status, queries) == (400, [])
    assert body["error"].startswith("after: must be ")


def test_a_cursor_with_a_null_character_is_a_bad_request() -> None:
    status, body, queries = get_page("/probe/stock?after=%00")
    assert (status, queries) == (400, [])
    assert body["error"].startswith("after: must be ")


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        ("", (0, limits.PROBE_ROWS_DEFAULT)),
        ("?after=&limit=", (0, limits.PROBE_ROWS_DEFAULT)),
        ("?after=17&limit=5", (17, 5)),
        (f"?after={2**63 - 1}&limit=99999999", (2**63 - 1, limits.PROBE_ROWS_MAX)),
    ],
)
def test_valid_parameters_are_passed_to_the_database_within_limits(query: str, parameters: tuple[int, int]) -> None:
    assert get_page(f"/probe/effects{query}") == (200, {"effects": [], "next": None}, [parameters])


def test_pending_work_is_what_the_database_and_the_process_hold() -> None:
    answer = get(Pool(), "/probe/pending", unfinished=4)
    assert (answer.status_code, answer.json()) == (200, {"pending": 70})


def test_a_process_that_is_not_ready_cannot_tell_what_is_pending() -> None:
    assert get(Pool(), "/probe/pending", ready=False).status_code == 503


def test_without_the_database_nobody_can_tell_what_is_pending() -> None:
    class Gone(Pool):
        async def fetchval(self, _query: str) -> int:
            raise ConnectionRefusedError

    assert get(Gone(), "/probe/pending").status_code == 503
