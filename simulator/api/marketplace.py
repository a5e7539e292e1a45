"""The marketplace API: a request and a time in, an answer with its facts and events out.

Paths are `/marketplaces/{channel}/v1/` and `listings` (PUT, GET), `orders` (GET) or `notifications` (PUT). Requests
have a bearer token. Bodies and parameters are checked as they are read. An error is an HTTP status and the body
`{"error": {"code", "message"}}`; the message says what to send instead.
"""

import hmac
import re
from bisect import bisect_right
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import msgspec

from stockstorm.simulator.api.call_rate import CallRate
from stockstorm.simulator.api.exchange import REQUEST_ID, ApiReply, ApiRequest, RequestSerial, not_played, request_id
from stockstorm.simulator.api.faults.injection import NONE, Injection
from stockstorm.simulator.api.marketplace_requests import (
    Parameters,
    Refusal,
    TooManyCalls,
    listings_of,
    notification_url_of,
)
from stockstorm.simulator.clock import WallPair
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.history.facts import AnyFact, ApiCalled, OrdersShown, RowsNotListed
from stockstorm.simulator.history.texts import error_texts
from stockstorm.simulator.limits import ERROR_TEXTS_MAX, LISTINGS_PER_CALL_MAX, ORDERS_PER_PAGE_MAX
from stockstorm.simulator.model import EVERY_TOPIC, ApiOutcome, Event, Sku
from stockstorm.simulator.world import Changes, World

__all__ = ["MarketplaceApi"]


PAGE_DEFAULT: Final = 100
FEED_MAX: Final = 10**15 - 1
PUSH: Final = "PUT listings"
UNKNOWN_SKU: Final = "unknown sku"
TRY_AGAIN: Final = "temporarily unavailable; send the row again"
_PATH: Final = re.compile(r"/marketplaces/([^/]+)/v1/([a-z]+)")
_HEADERS: Final = (("Content-Type", "application/json; charset=utf-8"),)


def _failure(injection: Injection) -> Refusal:
    """The answer to a call that a fault keeps from being executed. A status of 0 is not sent."""
    if injection.status == 429:
        return TooManyCalls(injection.retry_after_s)
    return Refusal(injection.status, "internal_error", "the call was not executed; send it again")


class _Call:
    """One request while it is being answered."""

    def __init__(self, request: ApiRequest, serial: int, now_ns: int, injection: Injection) -> None:
        self.request, self.serial, self.now_ns, self.injection = request, serial, now_ns, injection
        self.channel = "marketplaces"  # until the path names an existing channel
        self.operation = ""
        self.rows = 0
        self.wait_s = 0  # Retry-After of a call beyond the rate limit
        self.errors: list[str] = []
        self.facts: list[AnyFact] = []
        self.events: list[Event] = []

    def not_listed(self, skus: tuple[str, ...]) -> None:
        """An injected fault keeps these rows of a push out."""
        self.facts.append(RowsNotListed(self.now_ns, self.serial, self.channel, skus))

    def changed(self, changes: Changes) -> None:
        """Add the changes of a command to the world."""
        self.facts.extend(changes.facts)
        self.events.extend(changes.events)


class MarketplaceApi:
    """The APIs of all marketplaces of a world. They share one token."""

    def __init__(self, world: World, token: str, wall: WallPair, *, serial: RequestSerial | None = None) -> None:
        self._world = world
        self._token = token
        self._authorization = f"Bearer {token}".encode()
        self._serial = serial or RequestSerial()
        self._payloads = Payloads(world.catalogue, world.config.shop, wall)
        self._skus = sorted(world.catalogue.by_sku)
        limited = [each for each in world.config.channels if each.calls_per_s is not None]
        self._rates = {each.name: CallRate(each.calls_per_s, each.calls_burst) for each in limited if each.calls_per_s}
        self._tells = {each.name: each.tells for each in world.config.channels}
        self._encode = msgspec.json.Encoder().encode
        self._routes: dict[tuple[str, str], Callable[[_Call], dict[str, Any]]] = {
            ("PUT", "listings"): self._put_listings,
            ("GET", "listings"): self._get_listings,
            ("GET", "orders"): self._get_orders,
            ("PUT", "notifications"): self._put_notifications,
        }

    def handle(self, request: ApiRequest, now_ns: int, injection: Injection = NONE) -> ApiReply:
        """Answer one request. The reply holds all resulting facts and events.

        `injection` applies to a call of a resource that exists, with the right token.
        """
        call = _Call(request, self._serial.take(), now_ns, injection)
        outcome: ApiOutcome = "ok"
        admitted = False
        try:
            route = self._route(call)
            admitted = True
            if not injection.executes:
                raise _failure(injection)
            self._limit(call)
            status, body = 200, route(call)
        except Refusal as refusal:
            status, outcome, body = refusal.status, refusal.outcome, refusal.body
            call.errors.append(refusal.message)
            call.operation = call.operation or not_played(request)
            if admitted and (outcome == "throttled" or not injection.executes):
                self._leave_out(call)
        call.facts.append(
            ApiCalled(
                at_ns=now_ns,
                request=call.serial,
                api=call.channel,
                operation=call.operation,
                status=status,
                outcome=outcome,
                started_ns=now_ns,
                rows=call.rows,
                errors=error_texts(call.errors, (self._token,)),
                retry_after_s=call.wait_s,
            )
        )
        told = (("Retry-After", str(call.wait_s)),) if call.wait_s else ()
        headers = (*_HEADERS, (REQUEST_ID, request_id(call.serial)), *told)
        reply = ApiReply(status, headers, self._encode(body), call.facts, call.events)
        return injection.applied(reply) if admitted else reply

    def _route(self, call: _Call) -> Callable[[_Call], dict[str, Any]]:
        request = call.request
        found = _PATH.fullmatch(request.path)
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), self._authorization):
            raise Refusal(
                401, "unauthorized", "the token is missing or wrong; send the header Authorization: Bearer TOKEN"
            )
        if found is None:
            raise Refusal(404, "not_found", f"no resource {request.path}; paths are /marketplaces/CHANNEL/v1/RESOURCE")
        channel, resource = found.groups()
        if channel not in self._world.marketplaces:
            known = ", ".join(self._world.marketplaces) or "none"
            raise Refusal(404, "unknown_channel", f"no marketplace {channel!r}; marketplaces are: {known}")
        call.channel = channel
        call.operation = f"{request.method} {resource}"
        route = self._routes.get((request.method, resource))
        if route is not None:
            return route
        methods = [method for method, name in self._routes if name == resource]
        if methods:
            raise Refusal(
                405, "method_not_allowed", f"{request.method} {resource} is not allowed; use {' or '.join(methods)}"
            )
        resources = ", ".join(sorted({name for _, name in self._routes}))
        raise Refusal(404, "not_found", f"no resource {resource!r}; resources are: {resources}")

    def _limit(self, call: _Call) -> None:
        """Counts the call. Raises Refusal (429) beyond the channel's rate."""
        rate = self._rates.get(call.channel)
        if rate is not None and (wait_s := rate.wait_s(call.now_ns)):
            call.wait_s = wait_s
            raise TooManyCalls(wait_s)

    def _put_listings(self, call: _Call) -> dict[str, Any]:
        rows = listings_of(call.request.body)
        known = self._world.catalogue.by_sku
        reasons = [
            UNKNOWN_SKU if row.sku not in known else TRY_AGAIN if call.injection.rejects(place, len(rows)) else ""
            for place, row in enumerate(rows)
        ]
        judged = list(zip(rows, reasons, strict=True))
        good = [(Sku(row.sku), row.quantity) for row, reason in judged if not reason]
        rejected = [{"sku": row.sku, "reason": reason} for row, reason in judged if reason]
        call.rows = len(rows)
        refused = tuple(dict.fromkeys(row.sku for row, reason in judged if reason == TRY_AGAIN))
        if refused:
            call.not_listed(refused)
        unknown = [row["sku"] for row in rejected if row["reason"] == UNKNOWN_SKU]
        if unknown:
            call.errors.append(f"{UNKNOWN_SKU}: {', '.join(unknown[:ERROR_TEXTS_MAX])}")
        if good:
            call.changed(self._world.push_listings(call.channel, good, request=call.serial, now_ns=call.now_ns))
        return {"accepted": len(good), "rejected": rejected}

    def _leave_out(self, call: _Call) -> None:
        """Tells the rows of a push that is not executed, if it is a valid one."""
        if call.operation != PUSH:
            return
        with suppress(Refusal):
            known = self._world.catalogue.by_sku
            skus = tuple(dict.fromkeys(row.sku for row in listings_of(call.request.body) if row.sku in known))
            if skus:
                call.not_listed(skus)

    def _get_listings(self, call: _Call) -> dict[str, Any]:
        parameters = Parameters(call.request.query)
        limit = parameters.number("limit", default=PAGE_DEFAULT, low=1, high=LISTINGS_PER_CALL_MAX)
        after = parameters.text("after")
        start = bisect_right(self._skus, after) if after else 0
        skus = self._skus[start : start + limit]
        listed = self._world.listings(call.channel)
        call.rows = len(skus)
        more = start + limit < len(self._skus)
        return {
            "listings": [{"sku": sku, "quantity": listed[sku]} for sku in skus],
            "next": skus[-1] if more else None,
        }

    def _get_orders(self, call: _Call) -> dict[str, Any]:
        """Every notification since a cursor, oldest first. At the end of the feed the cursor stays the same."""
        if self._tells[call.channel] == "webhook":
            raise Refusal(404, "no_feed", f"{call.channel} has no feed of orders; it notifies: PUT notifications")
        parameters = Parameters(call.request.query)
        since = parameters.number("since", default=0, low=0, high=FEED_MAX)
        limit = parameters.number("limit", default=PAGE_DEFAULT, low=1, high=ORDERS_PER_PAGE_MAX)
        events = self._world.channel_feed(call.channel, since, limit)
        call.rows = len(events)
        keys = dict.fromkeys(event.order.key for event in events if event.order is not None)
        if keys:
            call.facts.append(OrdersShown(call.now_ns, call.serial, call.channel, tuple(keys)))
        bodies = [msgspec.Raw(self._payloads.body(event)) for event in events]
        return {"orders": bodies, "next_cursor": str(since + len(events))}

    def _put_notifications(self, call: _Call) -> dict[str, Any]:
        """Set the channel's only address. It replaces the previous one."""
        if self._tells[call.channel] == "feed":
            raise Refusal(404, "no_notifications", f"{call.channel} notifies nobody; read its feed: GET orders")
        url = notification_url_of(call.request.body)
        old = self._world.subscriptions(call.channel)
        if [each.uri for each in old] != [url]:
            for each in old:
                changes = self._world.unsubscribe(each.subscription_id, by_policy=False, now_ns=call.now_ns)
                call.changed(changes)
            _, changes = self._world.subscribe(call.channel, EVERY_TOPIC, url, now_ns=call.now_ns)
            call.changed(changes)
        return {"url": url}
