"""The page of a served shop: requests in, HTML out. And the small JSON interface of `stockstorm trigger`.

Only pages of this server may send forms: each carries a token, and the host that the browser names must be this one.
"""

import hmac
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, quote

import msgspec
from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from stockstorm.loadtests.serve.commands import CHANGES, KINDS, TOPICS, Command
from stockstorm.loadtests.serve.shop import ServedShop
from stockstorm.loadtests.serve.told import HEADER, Declaration, Heard, Told, ToldCall, ToldShop
from stockstorm.loadtests.serve.view import Seen
from stockstorm.loadtests.subjects import SHOP_TOPICS
from stockstorm.reports.formats import clock_text
from stockstorm.simulator.api.exchange import ApiReply, ApiRequest
from stockstorm.simulator.config import LIFE
from stockstorm.simulator.errors import UNREADABLE_JSON, StockstormError
from stockstorm.simulator.model import ONLINE, SHOPIFY, Subscription

SHOWN: Final = 60
SKUS_SHOWN: Final = 100
WAIT_S: Final = 6.0  # an attempt may take five seconds
LATE_WAIT_MAX_S: Final = 60.0  # besides, for a delivery that is to be late
_TEMPLATES: Final = ("page", "acts", "rows", "detail")


class Row(msgspec.Struct, frozen=True):
    """Stock of one SKU: at Shopify, really there, and as listed."""

    sku: str
    available: int
    physical: int
    listed: tuple[int, ...]


class Health(msgspec.Struct, frozen=True):
    """A subscription, and how its newest deliveries ended."""

    source: str
    topic: str
    uri: str
    by_api: bool
    health: str
    colour: str


def outcome_colour(seen: Seen) -> str:
    """The class of a delivery: a genuine one should be taken, a forged one refused."""
    if not seen.outcome:
        return "wait"
    taken = any(200 <= tried.status < 300 for tried in seen.attempts)
    return "good" if taken != bool(seen.forged) else "bad"


class Page:
    """Answers the page's requests. `where`: how to reach the APIs, in a sentence."""

    def __init__(self, shop: ServedShop, where: str, hosts: frozenset[str]) -> None:
        self._shop, self._where, self._hosts = shop, where, hosts
        self._token = secrets.token_urlsafe(24)
        folder = Path(__file__).parent
        texts = {name: (folder / f"{name}.html").read_text(encoding="utf-8") for name in _TEMPLATES}
        self._templates = Environment(
            loader=DictLoader(texts), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._templates.globals.update(
            clock=lambda at_ns: clock_text(shop.wall.wall(at_ns)),
            words=lambda word: word.replace("_", " "),
            colour=outcome_colour,
            token=Markup('<input type="hidden" name="token" value="{}">').format(self._token),
        )
        self._gets: dict[str, Callable[[Mapping[str, str]], ApiReply]] = {
            "/": self._home,
            "/rows": self._rows,
            "/delivery": self._delivery,
            "/call": self._call,
            "/api/shop": self._json_shop,
        }

    def handle(self, request: ApiRequest) -> ApiReply:
        """One request of a browser or of `stockstorm trigger`."""
        if request.headers.get("host", "") not in self._hosts:
            return _text(403, f"open this page at one of: {', '.join(sorted(self._hosts))}")
        if request.method == "GET" and request.path in self._gets:
            return self._gets[request.path](_fields(request.query))
        if request.method == "POST" and request.path in {"/api/trigger", "/api/declare"}:
            if HEADER not in request.headers:
                return _text(403, f"send the header {HEADER}")
            return self._json_trigger(request) if request.path == "/api/trigger" else self._json_declare(request)
        if request.method == "POST" and request.path in {"/do", "/again"}:
            return self._form(request)
        return _text(404, "there is no such page")

    # -- pages -----------------------------------------------------------------------------------------------------

    def _home(self, fields: Mapping[str, str]) -> ApiReply:
        shop = self._shop
        acts = self._render(
            "acts",
            where=self._where,
            channels=shop.world.channels,
            skus=[product.sku for product in shop.catalogue.products[:SKUS_SHOWN]],
            topics=TOPICS,
            kinds=KINDS,
            changes={change: LIFE[change] for change in CHANGES if change != "scopes_update"},
            seen=shop.view.changes,
            rows=self._live_rows(),
        )
        return self._whole(acts, fields)

    def _whole(self, content: Markup, fields: Mapping[str, str], up: str = "") -> ApiReply:
        domain = self._shop.scenario.shop.domain
        text = self._render(
            "page",
            title=f"{domain}, played by Stockstorm",
            shop=domain,
            up=up,
            said=fields.get("said", ""),
            wrong="wrong" in fields,
            content=content,
        )
        return _html(text)

    def _rows(self, fields: Mapping[str, str]) -> ApiReply:
        """What changes, for the page's script. 204 when the script has seen it."""
        changes = str(self._shop.view.changes)
        if fields.get("seen") == changes:
            return _reply(204, "text/html; charset=utf-8", b"")
        reply = _html(self._live_rows())
        reply.headers = (*reply.headers, ("X-Changes", changes))
        return reply

    def _live_rows(self) -> Markup:
        shop, view = self._shop, self._shop.view
        products = shop.catalogue.products
        return self._render(
            "rows",
            deliveries=list(reversed(view.deliveries.values()))[:SHOWN],
            calls=list(reversed(view.calls))[:SHOWN],
            orders=list(reversed(view.orders))[:SHOWN],
            unheard=view.unheard,
            refused=view.refused,
            marketplaces=shop.world.marketplaces,
            stock=[self._row(product.sku, product.inventory_item_id) for product in products[:SKUS_SHOWN]],
            more_skus=max(0, len(products) - SKUS_SHOWN),
            subscriptions=self._subscriptions(),
        )

    def _row(self, sku: Any, item: int) -> Row:
        world = self._shop.world
        listed = tuple(world.listings(channel).get(sku, 0) for channel in world.marketplaces)
        return Row(sku, world.available(item), world.physical(sku), listed)

    def _subscriptions(self) -> list[Health]:
        world = self._shop.world
        sources = (SHOPIFY, *world.marketplaces)
        return [self._health(one) for source in sources for one in world.subscriptions(source)]

    def _health(self, one: Subscription) -> Health:
        sent = [
            seen
            for seen in self._shop.view.deliveries.values()
            if not seen.forged and seen.subscription == one.subscription_id
        ]
        failed = sum(outcome_colour(seen) == "bad" for seen in sent)
        waiting = sum(not seen.outcome for seen in sent)
        told = f"{len(sent) - failed - waiting} taken, {failed} failed, {waiting} under way" if sent else "nothing yet"
        colour = "bad" if failed else "wait" if waiting else "good" if sent else "dim"
        return Health(one.source, one.topic, one.uri, one.by_api, told, colour)

    def _delivery(self, fields: Mapping[str, str]) -> ApiReply:
        seen = self._shop.view.deliveries.get(_number(fields))
        return self._whole(self._render("detail", delivery=seen, call=None), fields, up="./")

    def _call(self, fields: Mapping[str, str]) -> ApiReply:
        number = _number(fields)
        found = next((call for call in self._shop.view.calls if call.request == number), None)
        return self._whole(self._render("detail", delivery=None, call=found), fields, up="./")

    # -- buttons ---------------------------------------------------------------------------------------------------

    def _form(self, request: ApiRequest) -> ApiReply:
        fields = _fields(request.body.decode("utf-8", "replace"))
        if not hmac.compare_digest(fields.get("token", "").encode(), self._token.encode()):
            return _text(403, "this form is not of this page, or of before a restart; open the page again")
        try:
            said = self._again(fields) if request.path == "/again" else self._do(fields)
        except (StockstormError, ValueError) as error:
            return _redirect(f"./?wrong=1&said={quote(str(error)[:500])}")
        return _redirect(f"./?said={quote(said)}")

    def _again(self, fields: Mapping[str, str]) -> str:
        number = _number(fields)
        return "sent again" if self._shop.send_again(number) else "that delivery was not sent yet, or is not kept"

    def _do(self, fields: Mapping[str, str]) -> str:
        channel = fields.get("channel", "")
        marketplace = "" if channel == ONLINE else channel
        topic = fields.get("topic", "")
        if topic == "sell":
            topic = "order.created" if marketplace else "orders/create"
        command = Command(
            topic="" if "change" in fields else topic,
            change=fields.get("change", ""),
            channel=marketplace if topic.startswith("order.") else "",
            sku=fields.get("sku", ""),
            units=int(fields.get("units") or 1),
            order=int(fields.get("order") or -1),
            forge=fields.get("forge", "") if "forged" in fields else "",
            duplicate="duplicate" in fields,
            late_s=float(fields.get("late_s") or 0) if "late" in fields else 0.0,
        )
        sent = self._shop.do(command)
        return f"done: {len(sent)} deliveries" if sent else "done: nobody subscribes to it, or it had no effect"

    # -- for `stockstorm trigger` ----------------------------------------------------------------------------------

    def _json_trigger(self, request: ApiRequest) -> ApiReply:
        try:
            command = msgspec.json.decode(request.body, type=Command)
            numbers = self._shop.do(command)
        except UNREADABLE_JSON as error:
            return _json(400, {"error": f"this is no command: {error}"})
        except StockstormError as error:
            return _json(400, {"error": str(error)})
        self._shop.wait(numbers, WAIT_S + min(command.late_s, LATE_WAIT_MAX_S))
        return _json(200, {"deliveries": [told(self._shop, number) for number in numbers]})

    def _json_shop(self, _: Mapping[str, str]) -> ApiReply:
        world, view = self._shop.world, self._shop.view
        sources = (SHOPIFY, *world.marketplaces)
        calls = tuple(
            ToldCall(one.api, one.operation, one.status, one.outcome, "; ".join(one.errors)) for one in view.calls
        )
        heard = tuple(
            Heard(one.source, one.topic, one.uri, one.by_api)
            for source in sources
            for one in world.subscriptions(source)
        )
        refused = tuple(topic for topic in SHOP_TOPICS if not world.app.may_hear(topic))
        return _json(200, ToldShop(calls, heard, world.marketplaces, refused))

    def _json_declare(self, request: ApiRequest) -> ApiReply:
        """Subscribes an address as an app's TOML would."""
        try:
            wanted = msgspec.json.decode(request.body, type=Declaration)
            self._shop.declare(wanted.uri, wanted.topics, missing_only=wanted.missing_only)
        except UNREADABLE_JSON as error:
            return _json(400, {"error": f'send {{"uri": URL}}: {error}'})
        return _json(200, {})

    def _render(self, name: str, **values: Any) -> Markup:
        return Markup(self._templates.get_template(name).render(**values))  # noqa: S704 - the template escapes


def told(shop: ServedShop, number: int) -> Told:
    """One delivery that the shop's view holds; an empty one that it does not hold any more."""
    seen = shop.view.deliveries.get(number)
    if seen is None:
        return Told("", "", "", "", "", "", (), "not kept")
    tries = tuple((tried.status, tried.text, tried.said) for tried in seen.attempts)
    body = seen.body.decode("utf-8", "replace")
    return Told(seen.topic, seen.webhook_id, seen.forged, seen.url, seen.head, body, tries, seen.outcome)


def _number(fields: Mapping[str, str]) -> int:
    text = fields.get("number", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else -1


def _fields(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text, max_num_fields=50).items()}


def _reply(status: int, kind: str, body: bytes, *more: tuple[str, str]) -> ApiReply:
    safe = (
        "Content-Security-Policy",
        "default-src 'self'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'",
    )
    headers = (("Content-Type", kind), ("Cache-Control", "no-store"), safe, ("X-Frame-Options", "DENY"), *more)
    return ApiReply(status, headers, body, [], [])


def _html(text: str) -> ApiReply:
    return _reply(200, "text/html; charset=utf-8", text.encode())


def _text(status: int, text: str) -> ApiReply:
    return _reply(status, "text/plain; charset=utf-8", f"{text}\n".encode())


def _json(status: int, value: object) -> ApiReply:
    return _reply(status, "application/json", msgspec.json.encode(value))


def _redirect(to: str) -> ApiReply:
    return _reply(303, "text/plain", b"", ("Location", to))
