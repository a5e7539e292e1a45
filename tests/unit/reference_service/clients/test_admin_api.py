"""The Admin API's client against a server that throttles, fails and answers."""

import asyncio
import json
import random
from collections.abc import Sequence
from typing import Any, cast

import aiohttp
import pytest
from aiohttp import web

from stockstorm.reference_service import limits
from stockstorm.reference_service.clients.admin_api import AdminApi, Answered, Budget, CallFailed, ThrottleStatus
from stockstorm.reference_service.clients.backoff import backoff_s
from stockstorm.reference_service.clients.documents import SUBSCRIPTIONS, Subscriptions

VALID = {"webhookSubscriptions": {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}}


def cost(available: float) -> dict[str, Any]:
    status = {"maximumAvailable": 2000.0, "currentlyAvailable": available, "restoreRate": 1000.0}
    return {"cost": {"requestedQueryCost": 100, "actualQueryCost": None, "throttleStatus": status}}


THROTTLED = {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}], "extensions": cost(50)}


class NoWait(random.Random):
    """A random source that always returns the lower bound."""

    def uniform(self, a: float, b: float) -> float:
        return a


async def call(answers: Sequence[tuple[int, Any]]) -> tuple[Answered[Subscriptions], list[Any], int]:
    """The answer, the requests, and the number of reported failures."""
    queue, requests, failures = list(answers), [], []

    async def serve(request: web.Request) -> web.Response:
        requests.append({**await request.json(), "token": request.headers["X-Shopify-Access-Token"]})
        status, body = queue.pop(0)
        return web.Response(status=status, text=json.dumps(body) if not isinstance(body, str) else body)

    async def on_failure() -> None:
        failures.append(1)

    app = web.Application()
    app.router.add_post("/graphql", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        async with aiohttp.ClientSession() as session:
            api = AdminApi(session, f"http://127.0.0.1:{port}/graphql", "shpat", NoWait())
            return await api.call(SUBSCRIPTIONS, {"after": None}, on_failure), requests, len(failures)
    finally:
        await runner.cleanup()


@pytest.mark.asyncio
async def test_an_answer_has_the_times_before_and_after_its_call() -> None:
    answered, requests, failures = await call([(200, {"data": VALID, "extensions": cost(1900)})])
    assert answered.data.webhook_subscriptions.nodes == []
    assert answered.before_ns <= answered.after_ns
    assert (requests[0]["operationName"], requests[0]["token"], failures) == ("Subscriptions", "shpat", 0)


@pytest.mark.asyncio
async def test_a_throttled_call_waits_for_its_points_and_is_repeated() -> None:
    started = asyncio.get_running_loop().time()
    _, requests, failures = await call([(200, THROTTLED), (200, {"data": VALID})])
    assert (len(requests), failures) == (2, 1)
    assert asyncio.get_running_loop().time() - started >= 0.049  # 50 points are missing, 1,000 a second are restored


@pytest.mark.parametrize(
    "bad",
    [
        (503, {}),
        (429, {}),
        (401, {"errors": "[API] Invalid API key or access token"}),
        (200, {"errors": "[API] Invalid API key or access token"}),
        (200, {"errors": [{"message": "Internal error"}]}),
        (200, {"data": {"webhookSubscriptions": None}}),
        (200, "<html>"),
    ],
)
@pytest.mark.asyncio
async def test_a_failed_call_is_repeated_unchanged(bad: tuple[int, Any]) -> None:
    answered, requests, failures = await call([bad, bad, (200, {"data": VALID})])
    assert failures == 2
    assert requests[0] == requests[1] == requests[2]
    assert answered.data.webhook_subscriptions.nodes == []


@pytest.mark.asyncio
async def test_an_answer_over_the_limit_is_abandoned_and_the_call_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ANSWER_BYTES_MAX", 1_000)
    large = (200, json.dumps({"data": VALID}) + " " * 1_000)
    _, requests, failures = await call([large, (200, {"data": VALID})])
    assert (len(requests), failures) == (2, 1)


def test_a_bucket_is_restored_with_time() -> None:
    budget = Budget()
    assert budget.wait_s(100, 0.0) == 0.0
    budget.learn(ThrottleStatus(2000, 10, 100), 5.0)
    assert budget.wait_s(50, 5.0) == pytest.approx(0.4)
    assert budget.wait_s(50, 5.4) == pytest.approx(0.0)
    assert budget.wait_s(9_999, 5.0) == pytest.approx(19.9)  # exceeds the bucket: sent when the bucket is full


@pytest.mark.parametrize("attempts", [4, 7, 99])
def test_a_call_that_is_refused_again_and_again_is_made_soon_after_it_would_be_answered(attempts: int) -> None:
    api = AdminApi(cast(aiohttp.ClientSession, None), "http://shop", "token", random.Random(1))
    waits = [api._delay_s(CallFailed("Access denied"), attempts) for _ in range(100)]
    assert 4.0 < max(waits) <= limits.CALL_BACKOFF_MAX_S


def test_backoff_doubles_up_to_a_maximum_and_is_spread_over_the_whole_range() -> None:
    rng = random.Random(1)
    for attempts, ceiling in ((1, 1.0), (2, 2.0), (5, 16.0), (9, 256.0), (10, 300.0), (99, 300.0)):
        drawn = [backoff_s(attempts, rng) for _ in range(300)]
        assert max(drawn) <= ceiling
        assert min(drawn) < 0.1 * ceiling
        assert max(drawn) > 0.9 * ceiling
