"""A refused token is replaced by another one: calls begin again, and the app's secrets are tried in turn."""

import asyncio
import random
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from stockstorm.reference_service.clients import tokens as module
from stockstorm.reference_service.clients.admin_api import AdminApi
from stockstorm.reference_service.clients.documents import SUBSCRIPTIONS
from stockstorm.reference_service.clients.tokens import AccessTokens, TokenReplaced

VALID = {"data": {"webhookSubscriptions": {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}}}


class AtOnce(random.Random):
    """Waits for nothing."""

    def uniform(self, a: float, b: float) -> float:
        return 0.0


class Shopify:
    """Answers calls with one token, and requests for a token as the test says."""

    def __init__(self, token: str, grants: list[tuple[int, Any]]) -> None:
        self.token, self.grants = token, grants
        self.asked: list[dict[str, str]] = []
        self.calls = self.elsewhere = 0

    async def graphql(self, request: web.Request) -> web.Response:
        self.calls += 1
        if request.headers["X-Shopify-Access-Token"] != self.token:
            return web.json_response({"errors": "[API] Invalid API key or access token"}, status=401)
        return web.json_response(VALID)

    async def access_token(self, request: web.Request) -> web.Response:
        self.asked.append(await request.json())
        status, body = self.grants.pop(0)
        return web.json_response(body, status=status, headers={"Location": "/elsewhere"} if status == 307 else None)

    async def other(self, _: web.Request) -> web.Response:
        self.elsewhere += 1
        return web.json_response({"access_token": "stolen"})


async def played(shopify: Shopify, work: Callable[[AdminApi, AccessTokens], Any], client_id: str = "app") -> Any:
    app = web.Application()
    app.router.add_post("/graphql", shopify.graphql)
    app.router.add_post("/access_token", shopify.access_token)
    app.router.add_post("/elsewhere", shopify.other)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with aiohttp.ClientSession() as http:
            tokens = AccessTokens(http, f"{base}/access_token", client_id, ["new", "old"], "dead", AtOnce())
            admin = AdminApi(http, f"{base}/graphql", tokens.current, AtOnce())
            admin.renew = lambda: tokens.replace("dead")
            return await work(admin, tokens)
    finally:
        await runner.cleanup()


@pytest.mark.asyncio
async def test_a_refused_token_is_replaced_and_the_calls_begin_again() -> None:
    shopify = Shopify("good", [(200, {"access_token": "good", "scope": "", "expires_in": 86399})])

    async def work(admin: AdminApi, tokens: AccessTokens) -> str:
        with pytest.raises(TokenReplaced):
            await admin.call(SUBSCRIPTIONS, {"after": None})
        return tokens.current

    assert await played(shopify, work) == "good"
    assert shopify.asked == [{"client_id": "app", "client_secret": "new", "grant_type": "client_credentials"}]


@pytest.mark.asyncio
async def test_a_token_is_asked_for_until_it_is_granted_with_each_secret_in_turn() -> None:
    refusal = (400, {"error": "app_not_installed"})
    shopify = Shopify("good", [refusal, (200, {"no": "token"}), refusal, (200, {"access_token": "good"})])

    async def work(_: AdminApi, tokens: AccessTokens) -> str:
        return await tokens.replace("dead")

    assert await played(shopify, work) == "good"
    assert [each["client_secret"] for each in shopify.asked] == ["new", "old", "new", "old"]


@pytest.mark.asyncio
async def test_a_token_that_was_replaced_already_is_not_asked_for_again() -> None:
    shopify = Shopify("good", [(200, {"access_token": "good"})])

    async def work(_: AdminApi, tokens: AccessTokens) -> list[str]:
        return [await tokens.replace("dead"), await tokens.replace("dead")]

    assert await played(shopify, work) == ["good", "good"]
    assert len(shopify.asked) == 1


@pytest.mark.asyncio
@pytest.mark.parametrize("granted", [["dead", "dead"], ["second", "third"]], ids=["the same token", "refused ones"])
async def test_a_granted_token_that_is_refused_too_is_not_replaced_in_a_loop(
    granted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEPT_MIN_S", 0.3)
    shopify = Shopify("good", [(200, {"access_token": token}) for token in granted])

    async def work(_: AdminApi, tokens: AccessTokens) -> float:
        first = await tokens.replace("dead")
        begun = asyncio.get_running_loop().time()
        assert [first, await tokens.replace(first)] == granted
        return asyncio.get_running_loop().time() - begun

    assert await asyncio.wait_for(played(shopify, work), 60) >= 0.29
    assert len(shopify.asked) == 2


@pytest.mark.asyncio
async def test_the_secret_is_not_sent_to_where_an_answer_points() -> None:
    shopify = Shopify("good", [(307, {}), (200, {"access_token": "good"})])

    async def work(_: AdminApi, tokens: AccessTokens) -> str:
        return await tokens.replace("dead")

    assert await played(shopify, work) == "good"
    assert shopify.elsewhere == 0


@pytest.mark.asyncio
async def test_a_service_without_the_app_s_id_asks_for_no_token() -> None:
    async def work(_: AdminApi, tokens: AccessTokens) -> bool:
        return tokens.renewable

    assert await played(Shopify("good", []), work, client_id="") is False
