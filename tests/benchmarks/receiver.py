"""The common subject of the comparison: a bare ASGI app that checks the signature of every event and counts.

Run by uvicorn in a process of its own. `GET /count` tells and resets the counters.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any

SECRET = b"benchmark-secret"
SIGNATURES = (b"x-shopify-hmac-sha256", b"x-marketplace-signature")

_counters = {"accepted": 0, "refused": 0, "bytes": 0}
_HEADERS = [(b"content-length", b"0")]


async def app(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """ASGI: 200 to what is signed rightly, else 401."""
    if scope["type"] != "http":
        return
    if scope["path"] == "/count":
        answer = json.dumps(_counters).encode()
        _counters.update(accepted=0, refused=0, bytes=0)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": answer})
        return
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    status = 200 if _signed(scope["headers"], body) else 401
    _counters["accepted" if status == 200 else "refused"] += 1
    _counters["bytes"] += len(body)
    await send({"type": "http.response.start", "status": status, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": b""})


def _signed(headers: list[tuple[bytes, bytes]], body: bytes) -> bool:
    wanted = base64.b64encode(hmac.digest(SECRET, body, hashlib.sha256))
    return any(name in SIGNATURES and hmac.compare_digest(value, wanted) for name, value in headers)
