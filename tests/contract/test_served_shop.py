"""A shop that is served for development: commands go in, signed webhooks come out, and a restart forgets nothing."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import gevent
import msgspec
import pytest

from stockstorm.loadtests.ipc.messages import Setup
from stockstorm.loadtests.serve import state as states
from stockstorm.loadtests.serve.commands import CHANGES, KINDS, TOPICS, Command
from stockstorm.loadtests.serve.page import LATE_WAIT_MAX_S, WAIT_S, Page
from stockstorm.loadtests.serve.shop import ServedShop, without_troubles
from stockstorm.loadtests.serve.state import VERSION, Opened, StateFile
from stockstorm.loadtests.serve.view import DELIVERIES_MAX, Seen
from stockstorm.scenarios.loader import load
from stockstorm.simulator.api.exchange import ApiReply, ApiRequest
from stockstorm.simulator.api.http_server import Server, make_server
from stockstorm.simulator.errors import ScenarioError
from stockstorm.simulator.model import MARKETPLACE_TOPICS
from stockstorm.simulator.shop.app import CLIENT_ID

SECRETS = {"admin_token": "t", "client_secret": "key", "channel_token": "c", "channel_secret": "other key"}
WITHIN_S = 60.0
HOST = "127.0.0.1:9401"
NOWHERE = "http://127.0.0.1:1/x"


class App:
    """An app that checks signatures, and keeps what it took."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes]] = []
        self.refused = 0
        self.server: Server = make_server("127.0.0.1", 0, self.receive)
        self.server.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/webhooks"

    def receive(self, request: ApiRequest) -> ApiReply:
        topic = request.headers.get("x-shopify-topic", "")
        secret = SECRETS["client_secret" if topic else "channel_secret"]
        given = request.headers.get("x-shopify-hmac-sha256") or request.headers.get("x-marketplace-signature") or ""
        wanted = base64.b64encode(hmac.new(secret.encode(), request.body, hashlib.sha256).digest()).decode()
        if not hmac.compare_digest(given, wanted):
            self.refused += 1
            return ApiReply(401, (), b"", [], [])
        self.taken.append((topic or json.loads(request.body)["topic"], request.body))
        return ApiReply(200, (), b"", [], [])


@pytest.fixture
def app() -> Iterator[App]:
    made = App()
    yield made
    made.server.stop(0.0)


def served(path: Path | None = None, to: str = "") -> ServedShop:
    state = StateFile(path, Opened(VERSION, "smoke", 1, 0, SECRETS))
    shop = ServedShop(without_troubles(load("smoke")), 1, Setup(msgspec.Raw(b"{}"), **state.opened.secrets), state)
    if to:
        shop.declare(to)
    shop.start()
    return shop


@pytest.fixture
def shop(app: App) -> Iterator[ServedShop]:
    made = served(to=app.url)
    yield made
    made.stop()


def sent(shop: ServedShop, **command: object) -> list[Seen]:
    numbers = shop.do(Command(**command))  # type: ignore[arg-type]  # what each test gives
    assert shop.wait(numbers, WITHIN_S)
    return [shop.view.deliveries[number] for number in numbers]


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_can_be_triggered_and_is_taken_by_an_app_that_checks_signatures(
    shop: ServedShop, app: App, topic: str
) -> None:
    found = sent(shop, topic=topic)
    assert topic in [seen.topic for seen in found]
    assert {seen.outcome for seen in found} == {"acknowledged"}
    assert app.refused == 0


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"other_shop", "replayed"}))
def test_a_forged_delivery_is_refused_by_an_app_that_checks_signatures(shop: ServedShop, app: App, kind: str) -> None:
    sent(shop, topic="orders/create")
    app.taken.clear()
    found = sent(shop, topic="orders/create", forge=kind)
    assert [seen.forged for seen in found] == [kind]
    assert (app.taken, app.refused) == ([], 1)


def test_a_duplicate_is_the_same_bytes_under_the_same_webhook_id(shop: ServedShop, app: App) -> None:
    found = sent(shop, topic="products/update", duplicate=True)
    deadline = gevent.Timeout.start_new(WITHIN_S)
    while len(app.taken) < 2:
        gevent.sleep(0.01)
    deadline.cancel()
    assert len(found) == 1
    assert app.taken[0] == app.taken[1]


def test_an_address_of_another_machine_is_not_sent_to() -> None:
    shop = served(to="http://192.0.2.7:8080/webhooks")
    numbers = shop.do(Command(topic="products/update"))
    shop.wait(numbers, WITHIN_S)
    assert [seen.attempts[0].status for seen in shop.view.deliveries.values()] == [0]
    assert "unknown" in shop.view.deliveries[0].attempts[0].error
    shop.stop()


def test_a_late_delivery_waits(shop: ServedShop, app: App) -> None:
    numbers = shop.do(Command(topic="products/update", late_s=1.0))
    gevent.sleep(0.05)
    assert app.taken == []
    assert shop.wait(numbers, WITHIN_S)
    assert len(app.taken) == 1


def test_a_body_of_the_user_is_sent_as_it_is_with_a_good_signature(shop: ServedShop, app: App) -> None:
    body = '{"id": 1,  "odd": "spacing"}'
    found = sent(shop, topic="orders/create", data=body)
    assert [seen.outcome for seen in found] == ["acknowledged"]
    assert app.taken == [("orders/create", body.encode())]


def test_what_happens_to_an_order_moves_its_stock(shop: ServedShop) -> None:
    product = shop.catalogue.products[0]
    before = shop.world.available(product.inventory_item_id)
    sent(shop, topic="orders/create", sku=product.sku, units=3)
    assert shop.world.available(product.inventory_item_id) == before - 3
    sent(shop, topic="orders/cancelled", order=shop.view.orders[-1].order)
    assert shop.world.available(product.inventory_item_id) == before


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ({}, "neither or both"),
        ({"topic": "orders/creat"}, 'did you mean "orders/create"'),
        ({"topic": "orders/create", "sku": "NO-SUCH"}, "the shop has no 'NO-SUCH'"),
        ({"topic": "orders/create", "units": 0}, "out of range"),
        ({"topic": "orders/create", "late_s": -1.0}, "out of range"),
        ({"topic": "orders/create", "forge": "nicely"}, "there is no 'nicely'"),
        ({"change": "explode"}, "there is no 'explode'"),
        ({"topic": "order.created", "channel": "online"}, "there is no 'online'"),
    ],
)
def test_a_wrong_command_is_refused_with_what_to_write(shop: ServedShop, command: dict[str, object], told: str) -> None:
    with pytest.raises(ScenarioError, match=told):
        shop.do(Command(**command))  # type: ignore[arg-type]  # as above


def test_every_change_of_the_app_can_be_made(shop: ServedShop) -> None:
    for change in CHANGES:
        shop.do(Command(change=change))
    assert not shop.world.app.authorised(SECRETS["admin_token"], shop.clock()), "its token was revoked"


def test_a_restart_with_the_same_file_continues_the_same_shop(tmp_path: Path, app: App) -> None:
    path = tmp_path / "state"
    first = served(path, app.url)
    for topic in ("orders/create", "refunds/create", "inventory_levels/update", *MARKETPLACE_TOPICS):
        sent(first, topic=topic)
    token = {"x-shopify-access-token": "t", "content-type": "application/json"}
    create = f"webhookSubscriptionCreate(topic: ORDERS_CREATE, webhookSubscription: {{uri: {json.dumps(NOWHERE)}}})"
    mutation = json.dumps({"query": f"mutation {{ {create} {{ userErrors {{ message }} }} }}"}).encode()
    answer = first.handle(ApiRequest("POST", "/admin/api/2026-10/graphql.json", "", token, mutation))
    assert answer.status == 200
    before, installed = _state_of(first), _installed(first)
    first.stop()
    again = served(path)
    assert _state_of(again) == before
    assert again.world.app.authorised(installed, again.clock())
    assert [one.ref for one in again.view.orders] == [one.ref for one in first.view.orders]
    app.taken.clear()
    sent(again, topic="products/update")
    assert len(app.taken) == 1, "what was delivered before the restart was delivered again"
    again.stop()
    assert path.stat().st_mode & 0o777 == 0o600


def _installed(shop: ServedShop) -> str:
    """The token that the app gets by an authorization code."""
    client = {"client_id": CLIENT_ID, "redirect_uri": "https://app.example/", "scope": "read_orders"}
    page = shop.handle(ApiRequest("GET", "/admin/oauth/authorize", urlencode(client), {}, b""))
    code = dict(parse_qsl(urlsplit(dict(page.headers)["Location"]).query))["code"]
    body = json.dumps({**client, "client_secret": SECRETS["client_secret"], "code": code}).encode()
    declared = {"content-type": "application/json"}
    found = json.loads(shop.handle(ApiRequest("POST", "/admin/oauth/access_token", "", declared, body)).body)
    return str(found["access_token"])


def _state_of(shop: ServedShop) -> tuple[object, ...]:
    world = shop.world
    stock = [
        (one.sku, world.available(one.inventory_item_id), world.physical(one.sku)) for one in shop.catalogue.products
    ]
    listed = [dict(world.listings(name)) for name in world.marketplaces]
    heard = [(one.topic, one.uri, one.by_api) for one in world.subscriptions("shopify")]
    return stock, listed, heard


def test_the_state_of_another_shop_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state"
    StateFile(path, Opened(VERSION, "smoke", 1, 0, SECRETS)).close()
    with pytest.raises(ScenarioError, match="it is the state of smoke with seed 1"):
        StateFile(path, Opened(VERSION, "smoke", 2, 0, SECRETS))


def test_a_damaged_state_is_refused_with_its_line_and_a_cut_off_one_is_read(tmp_path: Path) -> None:
    path = tmp_path / "state"
    opened = Opened(VERSION, "smoke", 1, 0, SECRETS)
    StateFile(path, opened).close()
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"type": "done", "at_')
    state = StateFile(path, opened)
    state.close()
    assert state.inputs == []
    path.write_bytes(whole + b"{}\n")
    with pytest.raises(ScenarioError, match=r"state:2: this is no line"):
        StateFile(path, opened)


def test_what_a_restart_has_played_again_is_not_kept(tmp_path: Path) -> None:
    first = served(tmp_path / "state")
    first.do(Command(topic="products/update"))
    first.stop()
    state = StateFile(tmp_path / "state", Opened(VERSION, "smoke", 1, 0, SECRETS))
    assert len(state.inputs) == 1
    ServedShop(without_troubles(load("smoke")), 1, Setup(msgspec.Raw(b"{}"), **state.opened.secrets), state)
    state.close()
    assert state.inputs == []


def test_a_shop_whose_state_cannot_be_kept_ends_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "INPUTS_MAX", 2)
    shop, ended = served(tmp_path / "state"), list[bool]()
    shop.start(lambda: ended.append(True))
    for _ in range(3):
        shop.do(Command(topic="products/update"))
    assert ended == [True]
    assert "holds 2 inputs, which is the most" in str(shop.failure)
    shop.stop()
    monkeypatch.undo()
    assert len(StateFile(tmp_path / "state", Opened(VERSION, "smoke", 1, 0, SECRETS)).inputs) == 2


def test_a_purchase_of_more_than_is_shown_is_told_on_the_page(page: Page, shop: ServedShop) -> None:
    shop.do(Command(topic="orders/create", units=100_000))
    assert "1 refused" in asked(page, "GET", "/rows").body.decode()


def test_the_view_is_bounded(shop: ServedShop) -> None:
    for _ in range(DELIVERIES_MAX + 5):
        shop.do(Command(topic="products/update"))
    assert len(shop.view.deliveries) == DELIVERIES_MAX


# -- the page --------------------------------------------------------------------------------------------------------


@pytest.fixture
def page(shop: ServedShop) -> Page:
    return Page(shop, "here", frozenset({HOST}))


def asked(page: Page, method: str, path: str, query: str = "", body: str = "", **headers: str) -> ApiReply:
    return page.handle(ApiRequest(method, path, query, {"host": HOST, **headers}, body.encode()))


def token_of(page: Page) -> str:
    return asked(page, "GET", "/").body.decode().partition('name="token" value="')[2].partition('"')[0]


def test_the_page_shows_what_was_sold_and_delivered(page: Page, shop: ServedShop) -> None:
    form = f"token={token_of(page)}&topic=sell&channel=online&sku={shop.catalogue.products[1].sku}&units=2"
    answer = asked(page, "POST", "/do", body=form)
    assert answer.status == 303
    shop.wait(tuple(shop.view.deliveries), WITHIN_S)
    text = asked(page, "GET", "/").body.decode()
    assert f"2 × {shop.catalogue.products[1].sku}" in text
    assert "acknowledged" in text
    detail = asked(page, "GET", "/delivery", "number=0").body.decode()
    assert "X-Shopify-Hmac-Sha256" in detail
    assert "admin_graphql_api_id" in detail


def test_another_site_can_neither_read_nor_press(page: Page, shop: ServedShop) -> None:
    elsewhere = page.handle(ApiRequest("GET", "/", "", {"host": "attacker.example"}, b""))
    assert elsewhere.status == 403
    assert asked(page, "POST", "/do", body="topic=sell&channel=online").status == 403
    assert asked(page, "POST", "/do", body="token=wrong&topic=sell&channel=online").status == 403
    assert asked(page, "POST", "/api/trigger", body='{"topic": "orders/create"}').status == 403
    assert not shop.view.deliveries


def test_text_of_a_stranger_is_shown_and_not_interpreted(page: Page, shop: ServedShop) -> None:
    sent(shop, topic="orders/create", data='"<script>alert(1)</script>"')
    assert "<script>alert(1)" not in asked(page, "GET", "/delivery", "number=0").body.decode()
    assert "<script>alert(1)" not in asked(page, "GET", "/", "said=<script>alert(1)</script>").body.decode()


def test_a_page_that_has_seen_all_gets_nothing_anew(page: Page, shop: ServedShop) -> None:
    sent(shop, topic="products/update")
    first = asked(page, "GET", "/rows")
    seen = dict(first.headers)["X-Changes"]
    assert asked(page, "GET", "/rows", f"seen={seen}").status == 204


def test_no_secret_is_on_the_page(page: Page, shop: ServedShop) -> None:
    body = json.dumps({"query": "{ shop { name } }", "variables": {"note": SECRETS["channel_secret"]}})
    headers = {"x-shopify-access-token": "t", "content-type": "application/json"}
    shop.handle(ApiRequest("POST", "/admin/api/2026-10/graphql.json", "", headers, body.encode()))
    number = shop.view.calls[-1].request
    text = asked(page, "GET", "/call", f"number={number}").body.decode()
    assert "shop" in text
    assert SECRETS["channel_secret"] not in text


def test_the_answer_to_a_trigger_waits_for_a_late_delivery_within_bounds(
    page: Page, shop: ServedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(shop, "wait", lambda _numbers, within_s: waits.append(within_s))
    for late_s in (0.0, 10.0, 80_000.0):
        body = msgspec.json.encode(Command(topic="products/update", late_s=late_s)).decode()
        assert asked(page, "POST", "/api/trigger", body=body, **{"x-stockstorm": "1"}).status == 200
    assert waits == [WAIT_S, WAIT_S + 10.0, WAIT_S + LATE_WAIT_MAX_S]


def test_an_address_is_subscribed_to_one_topic_or_to_what_is_missing() -> None:
    shop = served()
    page = Page(shop, "here", frozenset({HOST}))

    def declare(**wanted: object) -> list[tuple[str, str, str]]:
        body = json.dumps(wanted)
        assert asked(page, "POST", "/api/declare", body=body, **{"x-stockstorm": "1"}).status == 200
        found = json.loads(asked(page, "GET", "/api/shop").body)["subscriptions"]
        return [(one["source"], one["topic"], one["uri"]) for one in found]

    first = ("shopify", "orders/create", NOWHERE)
    assert declare(uri=NOWHERE, topics=["orders/create"]) == [first]
    everything = declare(uri=f"{NOWHERE}/all")
    assert first in everything
    assert {topic for source, topic, uri in everything if uri != NOWHERE and source == "shopify"} >= {"orders/paid"}
    assert sum(topic == "orders/create" for _, topic, _ in everything) == 1
    shop.stop()
