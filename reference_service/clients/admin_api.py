"""Shopify's Admin API over aiohttp. A call waits for query points and is retried until it has an answer.

Every operation used here can be repeated safely: reads, mutations with an idempotency key, and the creation of a
subscription, which the API refuses the second time.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Generic, TypeVar

import aiohttp
import msgspec
import structlog

from stockstorm.reference_service import limits, metrics
from stockstorm.reference_service.clients.backoff import AnswerTooLarge, backoff_s, read_bounded, retry_after_s
from stockstorm.reference_service.clients.documents import Operation
from stockstorm.reference_service.clients.tokens import TokenReplaced
from stockstorm.reference_service.domain.payloads import UNREADABLE_JSON

Answer = TypeVar("Answer")
log = structlog.get_logger()


class ThrottleStatus(msgspec.Struct, frozen=True, rename="camel"):
    maximum_available: float
    currently_available: float
    restore_rate: float


class Cost(msgspec.Struct, frozen=True, rename="camel"):
    requested_query_cost: float
    throttle_status: ThrottleStatus
    actual_query_cost: float | None = None


class ErrorExtensions(msgspec.Struct, frozen=True):
    code: str | None = None


class GraphqlError(msgspec.Struct, frozen=True):
    message: str
    extensions: ErrorExtensions = ErrorExtensions()


class Extensions(msgspec.Struct, frozen=True):
    cost: Cost | None = None


class Envelope(msgspec.Struct, frozen=True):
    """A GraphQL answer. `errors` is a string if the request was refused before execution, for example with 401."""

    data: msgspec.Raw = msgspec.Raw(b"null")
    errors: list[GraphqlError] | str | None = None
    extensions: Extensions = Extensions()


class CallFailed(Exception):
    """A call had no usable answer. It may have been executed, unless `throttled`.

    `wait_s`: the least time to the next attempt. `at_once`: the first retry needs no delay. `unauthorised`: the token
    is refused, so no retry with it helps.
    """

    def __init__(
        self,
        reason: str,
        *,
        throttled: bool = False,
        wait_s: float = 0.0,
        at_once: bool = False,
        unauthorised: bool = False,
    ) -> None:
        super().__init__(reason)
        self.unauthorised = unauthorised
        self.throttled = throttled
        self.wait_s = wait_s
        self.at_once = at_once


class Answered(msgspec.Struct, Generic[Answer], frozen=True):
    """A call's answer, and the wall-clock times before and after the attempt that was answered."""

    data: Answer
    before_ns: int
    after_ns: int


class Budget:
    """The shop's bucket of query points: the last status reported by the API, plus what was restored since."""

    def __init__(self) -> None:
        self._status: ThrottleStatus | None = None
        self._at_s = 0.0

    def learn(self, status: ThrottleStatus, now_s: float) -> None:
        self._status, self._at_s = status, now_s

    def wait_s(self, cost: float, now_s: float) -> float:
        """Seconds until a query of this cost should be accepted; 0 if no status is known."""
        status = self._status
        if status is None or status.restore_rate <= 0:
            return 0.0
        available = status.currently_available + (now_s - self._at_s) * status.restore_rate
        return max(0.0, (min(cost, status.maximum_available) - available) / status.restore_rate)


class AdminApi:
    """One shop's Admin API. `renew` gets another token in the place of a refused one; None: such calls are repeated."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str, rng: random.Random) -> None:
        self._session = session
        self._url = url
        self._headers = {"X-Shopify-Access-Token": token, "Content-Type": "application/json"}
        self._rng = rng
        self._budget = Budget()
        self._costs: dict[str, float] = {}
        self.renew: Callable[[], Awaitable[str]] | None = None

    async def wait_for_points(self, operation: Operation[Any]) -> None:
        """Returns when the bucket should have enough points for the operation."""
        cost = self._costs.get(operation.name, operation.cost)
        if (wait_s := self._budget.wait_s(cost, time.monotonic())) > 0:
            await asyncio.sleep(wait_s)

    async def call(
        self,
        operation: Operation[Answer],
        variables: Mapping[str, Any],
        on_failure: Callable[[], Awaitable[None]] | None = None,
    ) -> Answered[Answer]:
        """Retries until there is an answer, without a time limit. `on_failure` is awaited after each failed attempt.

        Raises TokenReplaced once there is a new token in the place of one that was refused.
        """
        attempts = 0
        while True:
            await self.wait_for_points(operation)
            attempts += 1
            try:
                answered = await self._attempt(operation, variables)
            except CallFailed as failure:
                delay_s = self._delay_s(failure, attempts)
                outcome = "throttled" if failure.throttled else "failed"
                metrics.ADMIN_CALLS.labels(operation.name, outcome).inc()
                log.warning("admin_call_failed", operation=operation.name, attempt=attempts, reason=str(failure))
                if on_failure is not None:
                    await on_failure()
                if failure.unauthorised and self.renew is not None:
                    self._replaced(await self.renew())
                    continue
                await asyncio.sleep(delay_s)
            else:
                metrics.ADMIN_CALLS.labels(operation.name, "answered").inc()
                return answered

    def _replaced(self, token: str) -> None:  # noqa: ARG002 - for those that go on with it
        """There is a new token. Whoever made the calls has to begin again."""
        raise TokenReplaced

    def _delay_s(self, failure: CallFailed, attempts: int) -> float:
        if failure.throttled:
            return failure.wait_s + self._rng.uniform(0.0, 0.1)
        if failure.at_once and attempts == 1:
            return 0.0
        return max(failure.wait_s, backoff_s(attempts, self._rng, limits.CALL_BACKOFF_MAX_S))

    async def _attempt(self, operation: Operation[Answer], variables: Mapping[str, Any]) -> Answered[Answer]:
        body = msgspec.json.encode({"query": operation.text, "variables": variables, "operationName": operation.name})
        before_ns, started = time.time_ns(), time.monotonic()
        try:
            async with self._session.post(self._url, data=body, headers=self._headers) as response:
                raw = await read_bounded(response)
                status, retry_after = response.status, response.headers.get("Retry-After", "")
        except aiohttp.ServerDisconnectedError:
            # Usually a kept-alive connection that the server had already closed.
            raise CallFailed("the connection was closed without an answer", at_once=True) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise CallFailed(type(error).__name__) from None
        except AnswerTooLarge as error:
            raise CallFailed(str(error)) from None
        after_ns = time.time_ns()
        metrics.ADMIN_SECONDS.labels(operation.name).observe(time.monotonic() - started)
        if status != 200:
            wait_s = retry_after_s(retry_after)
            raise CallFailed(f"HTTP {status}", wait_s=wait_s, unauthorised=status == 401)
        return Answered(self._read(operation, raw), before_ns, after_ns)

    def _read(self, operation: Operation[Answer], raw: bytes) -> Answer:
        try:
            envelope = msgspec.json.decode(raw, type=Envelope)
            if (cost := envelope.extensions.cost) is not None:
                self._budget.learn(cost.throttle_status, time.monotonic())
                self._costs[operation.name] = cost.requested_query_cost
                metrics.ADMIN_AVAILABLE.set(cost.throttle_status.currently_available)
            if envelope.errors:
                raise _failure(
                    envelope.errors, self._budget.wait_s(self._costs.get(operation.name, 0.0), time.monotonic())
                )
            return msgspec.json.decode(envelope.data, type=operation.answer)
        except UNREADABLE_JSON as error:
            raise CallFailed(f"unexpected shape of the answer: {error}") from None


def _failure(errors: list[GraphqlError] | str, wait_s: float) -> CallFailed:
    if isinstance(errors, str):
        return CallFailed(errors)
    if any(error.extensions.code == "THROTTLED" for error in errors):
        return CallFailed("throttled", throttled=True, wait_s=wait_s)
    return CallFailed("; ".join(error.message for error in errors)[:300])
