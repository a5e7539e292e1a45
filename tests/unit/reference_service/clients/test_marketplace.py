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
