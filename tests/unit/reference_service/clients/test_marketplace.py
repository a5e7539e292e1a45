"""The marketplaces' client against servers whose answers are too large."""

import aiohttp
import pytest
from aiohttp import web

from stockstorm.reference_service import limits
from stockstorm.reference_service.clients.marketplace import Marketplace, MarketplaceCallFailed

ANSWER = b'{"accepted":1,"rejected":[]}'


async def push(padding: int, *, chunked: bool) -> int:
    """Pushes one listing to a server that adds this many spaces to its answer. Returns the accepted rows."""

    async def serve(request: web.Request) -> web.StreamResponse:
        if not chunked:
            return web.Response(body=ANSWER + b" " * padding)
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        await response.write(ANSWER)
        await response.write(b" " * padding)
        await response.write_eof()
        return response

    app = web.Application()
    app.router.add_put("/bazaar/v1/listings", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with aiohttp.ClientSession() as session:
            market = Marketplace(session, f"http://127.0.0.1:{runner.addresses[0][1]}", "bazaar", "token")
            return (await market.push({"A": 1})).accepted
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.asyncio
async def test_an_answer_is_read_up_to_its_limit(chunked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ANSWER_BYTES_MAX", 1_000)
    assert await push(1_000 - len(ANSWER), chunked=chunked) == 1
    with pytest.raises(MarketplaceCallFailed, match="more than 1000 bytes"):
        await push(1_001 - len(ANSWER), chunked=chunked)


@pytest.mark.parametrize(
    ("status", "retry_after", "wait_s"), [(429, "3", 3.0), (503, "2", 2.0), (503, "", 0.0), (404, "soon", 0.0)]
)
@pytest.mark.asyncio
async def test_a_failure_tells_its_status_and_how_long_to_wait(status: int, retry_after: str, wait_s: float) -> None:
    async def serve(_: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Retry-After": retry_after} if retry_after else {})

    app = web.Application()
    app.router.add_get("/bazaar/v1/orders", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with aiohttp.ClientSession() as session:
            market = Marketplace(session, f"http://127.0.0.1:{runner.addresses[0][1]}", "bazaar", "token")
            with pytest.raises(MarketplaceCallFailed) as caught:
                await market.orders_since("0", 10)
    finally:
        await runner.cleanup()
    failure = caught.value
    assert (failure.status, failure.wait_s) == (status, wait_s)
    assert (failure.throttled, failure.missing) == (status == 429, status == 404)
