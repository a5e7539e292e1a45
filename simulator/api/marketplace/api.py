"""The marketplace API as a function: a request and a time in, an answer with its facts and events out.

`/marketplaces/{channel}/v1/` then `listings` (PUT, GET), `orders` (GET) or `notifications` (PUT), with a bearer token.
"""

import hmac
import re
from bisect import bisect_right
from collections.abc import Callable
from typing import Any, Final

import msgspec

from stockstorm.simulator.api.exchange import ApiReply, ApiRequest, RequestSerial
from stockstorm.simulator.api.marketplace.messages import Parameters, Refusal, listings_of, notification_url_of
from stockstorm.simulator.clock import WallPair
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.history.facts import AnyFact, ApiCalled, ApiOutcome, OrdersShown
from stockstorm.simulator.limits import LISTINGS_PER_CALL_MAX, ORDERS_PER_PAGE_MAX
from stockstorm.simulator.model import Event, Sku
from stockstorm.simulator.world import Changes, World

_PATH: Final = re.compile(r"/marketplaces/([^/]+)/v1/([a-z]+)")
_HEADERS: Final = (("Content-Type", "application/json; charset=utf-8"),)
EVERY_TOPIC: Final = "*"
PAGE_DEFAULT: Final = 100
FEED_MAX: Final = 10**15 - 1


class _Call:
    """One request while it is being answered."""

    def __init__(self, request: ApiRequest, serial: int, now_ns: int) -> None:
        self.request, self.serial, self.now_ns = request, serial, now_ns
        self.channel = "marketplaces"  # until the path has named one that exists
        self.operation = ""
        self.rows = 0
        self.facts: list[AnyFact] = []
        self.events: list[Event] = []

    def changed(self, changes: Changes) -> None:
        """Take over what a command to the world did."""
        self.facts.extend(changes.facts)
        self.events.extend(changes.events)


class MarketplaceApi:
    """The APIs of all marketplaces of a world, which share one token."""

    def __init__(self, world: World, token: str, wall: WallPair, *, serial: RequestSerial | None = None) -> None:
        self._world = world
        self._authorization = f"Bearer {token}".encode()
        self._serial = serial or RequestSerial()
        self._payloads = Payloads(world.catalogue, world.config.shop, wall)
        self._skus = sorted(world.catalogue.by_sku)
        self._encode = msgspec.json.Encoder().encode
        self._routes: dict[tuple[str, str], Callable[[_Call], dict[str, Any]]] = {
            ("PUT", "listings"): self._put_listings,
            ("GET", "listings"): self._get_listings,
            ("GET", "orders"): self._get_orders,
            ("PUT", "notifications"): self._put_notifications,
        }

    def handle(self, request: ApiRequest, now_ns: int) -> ApiReply:
        """Answer one request. Everything it did to the world is in the reply's facts and events."""
        call = _Call(request, self._serial.take(), now_ns)
        outcome: ApiOutcome = "ok"
        try:
            status, body = 200, self._route(call)(call)
        except Refusal as refusal:
            status, outcome, body = refusal.status, refusal.outcome, refusal.body
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
            )
        )
        return ApiReply(status, _HEADERS, self._encode(body), call.facts, call.events)

    def _route(self, call: _Call) -> Callable[[_Call], dict[str, Any]]:
        request = call.request
        found = _PATH.fullmatch(request.path)
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), self._authorization):
            raise Refusal(401, "unauthorized", "missing or wrong token; send the header Authorization: Bearer TOKEN")
        if found is None:
            raise Refusal(404, "not_found", f"no resource {request.path}; it is /marketplaces/CHANNEL/v1/RESOURCE")
        channel, resource = found.groups()
        if channel not in self._world.marketplaces:
            known = ", ".join(self._world.marketplaces) or "none"
            raise Refusal(404, "unknown_channel", f"no marketplace {channel!r}; there is {known}")
        call.channel = channel
        call.operation = f"{request.method} {resource}"
        route = self._routes.get((request.method, resource))
        if route is not None:
            return route
        methods = [method for method, name in self._routes if name == resource]
        if methods:
            raise Refusal(405, "method_not_allowed", f"{request.method} {resource}; use {' or '.join(methods)}")
        resources = ", ".join(sorted({name for _, name in self._routes}))
        raise Refusal(404, "not_found", f"no resource {resource!r}; there is {resources}")

    def _put_listings(self, call: _Call) -> dict[str, Any]:
        rows = listings_of(call.request.body)
        known = self._world.catalogue.by_sku
        good = [(Sku(row.sku), row.quantity) for row in rows if row.sku in known]
        rejected = [{"sku": row.sku, "reason": "unknown sku"} for row in rows if row.sku not in known]
        call.rows = len(rows)
        if good:
            call.changed(self._world.push_listings(call.channel, good, request=call.serial, now_ns=call.now_ns))
        return {"accepted": len(good), "rejected": rejected}

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
        """Every notification since a cursor, oldest first; at the end the cursor stays, to be asked again."""
        parameters = Parameters(call.request.query)
        since = parameters.number("since", default=0, low=0, high=FEED_MAX)
        limit = parameters.number("limit", default=PAGE_DEFAULT, low=1, high=ORDERS_PER_PAGE_MAX)
        events = self._world.channel_feed(call.channel)[since : since + limit]
        call.rows = len(events)
        keys = dict.fromkeys(event.order.key for event in events if event.order is not None)
        if keys:
            call.facts.append(OrdersShown(call.now_ns, call.serial, call.channel, tuple(keys)))
        bodies = [msgspec.Raw(self._payloads.body(event)) for event in events]
        return {"orders": bodies, "next_cursor": str(since + len(events))}

    def _put_notifications(self, call: _Call) -> dict[str, Any]:
        """The channel's only address: another one takes the place of the old."""
        url = notification_url_of(call.request.body)
        old = self._world.subscriptions(call.channel)
        if [each.uri for each in old] != [url]:
            for each in old:
                done = self._world.unsubscribe(each.subscription_id, by_policy=False, now_ns=call.now_ns)
                call.changed(done)
            _, changes = self._world.subscribe(call.channel, EVERY_TOPIC, url, now_ns=call.now_ns)
            call.changed(changes)
        return {"url": url}
