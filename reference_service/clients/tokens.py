"""The app's access token, and how another one is got when Shopify refuses it: by the app's own id and secret.

A token is refused when it was revoked, or when the app was uninstalled. After that it takes until the merchant has
installed the app again.
"""

import asyncio
import random
import time
from collections.abc import Sequence

import aiohttp
import msgspec
import structlog

from stockstorm.reference_service.clients.backoff import AnswerTooLarge, backoff_s, read_bounded
from stockstorm.reference_service.domain.payloads import UNREADABLE_JSON

WAIT_MAX_S = 5.0  # between two requests for a token; an app that was installed again gets one soon
KEPT_MIN_S = 2.0  # from one grant to the next request: a granted token that is refused too is not replaced in a loop
log = structlog.get_logger()


class TokenReplaced(Exception):
    """The token was refused and there is a new one. Subscriptions may be gone, and anything may have happened."""


class NoToken(Exception):
    """A request for a token was refused, or had no answer. The message has no secret."""


class _Granted(msgspec.Struct, frozen=True):
    access_token: str


class AccessTokens:
    """The token in use. Requests for another one are made one at a time."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        url: str,
        client_id: str,
        secrets: Sequence[str],
        first: str,
        rng: random.Random,
    ) -> None:
        self._http, self._url, self._client_id, self._secrets = http, url, client_id, secrets
        self._rng = rng
        self._lock = asyncio.Lock()
        self.current = first
        self._ask_from_s = 0.0  # monotonic time

    @property
    def renewable(self) -> bool:
        """Whether another token can be asked for."""
        return bool(self._url and self._client_id)

    async def replace(self, refused: str) -> str:
        """The token to go on with. Asks until one is granted, which can be the refused one: it may be valid again."""
        async with self._lock:
            if self.current == refused:
                await asyncio.sleep(max(0.0, self._ask_from_s - time.monotonic()))
                self.current = await self._asked()
                self._ask_from_s = time.monotonic() + KEPT_MIN_S
        return self.current

    async def _asked(self) -> str:
        attempts = 0
        while True:
            try:
                token = await self._granted(self._secrets[attempts % len(self._secrets)])
            except NoToken as error:
                attempts += 1
                log.warning("no_token", attempt=attempts, reason=str(error))
                await asyncio.sleep(min(WAIT_MAX_S, backoff_s(attempts, self._rng)))
            else:
                log.info("token_granted", attempts=attempts + 1)
                return token

    async def _granted(self, secret: str) -> str:
        body = {"client_id": self._client_id, "client_secret": secret, "grant_type": "client_credentials"}
        try:
            async with self._http.post(self._url, json=body, allow_redirects=False) as response:
                raw, status = await read_bounded(response), response.status
        except (aiohttp.ClientError, TimeoutError, OSError, AnswerTooLarge) as error:
            raise NoToken(type(error).__name__) from None
        if status != 200:
            raise NoToken(f"HTTP {status}")
        try:
            return msgspec.json.decode(raw, type=_Granted).access_token
        except UNREADABLE_JSON:
            raise NoToken("an answer without a token") from None
