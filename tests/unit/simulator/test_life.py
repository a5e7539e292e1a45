"""The life of an app: planned by the seed, applied to the world, and delivered with the right key."""

import base64
import hmac
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from stockstorm.loadtests.generator.figures import LocustStatistics
from stockstorm.loadtests.generator.load import Attempts, OpenFaults, PlanExecution
from stockstorm.simulator.clock import SECOND_NS, WallPair
from stockstorm.simulator.config import AppConfig, CustomerData, LifeChange, LifeConfig
from stockstorm.simulator.delivery.attempts import Address, Answer, Outgoing
from stockstorm.simulator.delivery.service import DeliveryService, Secrets
from stockstorm.simulator.events.encoding import matches
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.history.facts import AnyFact, AppChanged, DeliveryEnded, SubscriptionRemoved
from stockstorm.simulator.model import APP_TOPICS, SHOPIFY
from stockstorm.simulator.plan.items import PlannedLife
from stockstorm.simulator.plan.planner import make_plan
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.shop.app import App, with_implied
from stockstorm.simulator.world import World
from tests.small_world import SEED, buy, small_catalogue, small_config

OLD, NEW = b"old secret", b"new secret"
URI = "http://127.0.0.1:8080/hooks"
WALL = WallPair(0, 1_795_500_000 * SECOND_NS)


class Shop:
    """A world with its deliveries, played item by item. `sent` are the attempts, as they become due."""

    def __init__(self, **app: Any) -> None:
        config = small_config().model_copy(update={"app": AppConfig(**app)})
        catalogue = small_catalogue()
        self.world = World(config, catalogue, Seeds(SEED))
        self.world.app.have(OLD, NEW)
        self.world.app.tokens.add("token")
        payloads = Payloads(catalogue, config.shop, WALL, config.app)
        secrets = Secrets(OLD, b"channel", NEW)
        address = Address("127.0.0.1", 8080, "/hooks")
        self.deliveries = DeliveryService(self.world, payloads, config, Seeds(SEED), secrets, lambda _: address)
        self.facts: list[AnyFact] = []
        self.sent: list[Outgoing] = []
        self.now_ns = 0
        attempts = Attempts(
            lambda: self.now_ns, self.deliveries, self, self, self.facts.extend, LocustStatistics(lambda **_: None)
        )
        self.execution = PlanExecution(
            self.world, self.deliveries, attempts, OpenFaults(lambda _: None), self.facts.extend
        )
        self.world.opening(0)

    def subscribe(self, *topics: str, by_api: bool = True) -> None:
        for topic in topics:
            self.world.subscribe(SHOPIFY, topic, URI, now_ns=0, by_api=by_api)

    def live(self, second: int, change: LifeChange, after_s: float = 0.0, scopes: tuple[str, ...] = ()) -> None:
        item = PlannedLife(second * SECOND_NS, second, change, round(after_s * SECOND_NS), scopes)
        self.play([item])

    def play(self, items: Iterable[Any]) -> None:
        for due_ns, work in self.execution.due_items(items, 0):
            self.now_ns = due_ns
            work(due_ns)

    def answer(self, outgoing: Outgoing, status: int) -> list[AnyFact]:
        at = outgoing.due_ns
        dispatch = self.deliveries.answered(outgoing, Answer(at, at, at, at, at, status))
        self.sent += dispatch.attempts
        return dispatch.facts

    def of(self, kind: type[Any]) -> list[Any]:
        return [fact for fact in self.facts if isinstance(fact, kind)]

    # -- a scheduler and connections -----------------------------------------------------------------------------------

    def at(self, due_ns: int, thing: Any) -> None:
        self.sent.append(thing.args[0])

    def submit(self, outgoing: Outgoing) -> None:
        self.sent.append(outgoing)

    def feed(self, items: Any) -> None: ...
    def run(self) -> None: ...
    def stop(self) -> None: ...

    def fail(self, error: BaseException) -> None:
        raise error

    def close(self, timeout: float) -> int:
        return 0


def signed_with(outgoing: Outgoing) -> str:
    heads = dict(line.split(": ", 1) for line in outgoing.head.decode().split("\r\n")[1:] if ": " in line)
    signature = base64.b64decode(heads["X-Shopify-Hmac-Sha256"])
    (name,) = [
        name for name, key in (("old", OLD), ("new", NEW)) if hmac.digest(key, outgoing.body, "sha256") == signature
    ]
    return name


def topic_of(outgoing: Outgoing) -> str:
    return next(line for line in outgoing.head.decode().split("\r\n") if line.startswith("X-Shopify-Topic"))[17:]


def test_subscriptions_of_the_apps_own_file_wait_while_it_is_away_and_work_again_when_it_is_back() -> None:
    shop = Shop()
    shop.subscribe("inventory_levels/update", "app/uninstalled", by_api=False)
    shop.play([buy(1, "online", (0, 1))])
    shop.live(2, "uninstall")
    shop.play([buy(3, "online", (0, 1))])
    assert [topic_of(each) for each in shop.sent] == ["inventory_levels/update", "app/uninstalled"]
    shop.live(4, "reinstall")
    shop.play([buy(5, "online", (0, 1))])
    assert [topic_of(each) for each in shop.sent][2:] == ["inventory_levels/update"]


def test_a_plan_has_what_happens_to_the_app_and_both_moments_of_a_rotation() -> None:
    life = (
        LifeConfig(kind="uninstall", at_s=2, after_s=1.5),
        LifeConfig(kind="reinstall", at_s=4),
        LifeConfig(kind="rotate_secret", at_s=1, after_s=2),
        LifeConfig(kind="scopes_update", at_s=5, scopes=("read_orders",)),
    )
    config = small_config().model_copy(update={"life": life})
    plan = make_plan("life", config, 1)
    found = [item for item in plan.items if isinstance(item, PlannedLife)]
    assert [(item.offset_ns / SECOND_NS, item.change, item.after_ns / SECOND_NS, item.scopes) for item in found] == [
        (1.0, "rotate_secret", 0.0, ()),
        (2.0, "uninstall", 1.5, ()),
        (3.0, "new_secret_used", 0.0, ()),
        (4.0, "reinstall", 0.0, ()),
        (5.0, "scopes_update", 0.0, ("read_orders",)),
    ]
    assert plan.digest() == make_plan("life", config, 1).digest()
    without = make_plan("life", small_config(), 1)
    assert plan.expected_events == without.expected_events + 2  # the app is told of two of them


def test_uninstalling_ends_token_and_subscriptions_and_what_waited_for_them() -> None:
    shop = Shop()
    shop.subscribe("orders/create", "inventory_levels/update")
    shop.play([buy(1, "online", (0, 1))])
    first = shop.sent[0]
    shop.answer(first, 500)  # its retry waits
    shop.live(1, "uninstall")
    assert not shop.world.app.authorised("token", shop.now_ns)
    assert shop.world.subscriptions(SHOPIFY) == []
    assert [fact.by_policy for fact in shop.of(SubscriptionRemoved)] == [False, False]
    assert "subscription_removed" in {fact.outcome for fact in shop.of(DeliveryEnded)}


def test_the_app_is_told_late_that_it_is_gone_although_its_subscription_is_gone_too() -> None:
    shop = Shop()
    shop.subscribe("app/uninstalled")
    shop.live(1, "uninstall", after_s=60)
    (told,) = shop.sent
    assert (topic_of(told), told.due_ns) == ("app/uninstalled", 61 * SECOND_NS)
    assert shop.deliveries.wanted(told)
    shop.answer(told, 503)
    assert len(shop.sent) == 2  # it is repeated
    assert msgspec.json.decode(told.body)["myshopify_domain"].endswith(".myshopify.com")


def test_subscriptions_of_the_app_s_file_outlive_the_uninstallation() -> None:
    shop = Shop()
    shop.subscribe(*APP_TOPICS, by_api=False)
    shop.live(1, "uninstall")
    shop.live(2, "shop_redact")
    assert [topic_of(outgoing) for outgoing in shop.sent] == ["app/uninstalled", "shop/redact"]


def test_after_a_new_installation_there_is_neither_token_nor_subscription() -> None:
    shop = Shop()
    shop.subscribe("orders/create")
    shop.live(1, "uninstall")
    shop.live(2, "reinstall")
    assert shop.world.app.installed
    assert not shop.world.app.authorised("token", shop.now_ns)
    assert shop.world.subscriptions(SHOPIFY) == []
    assert [(fact.change, fact.at_ns) for fact in shop.of(AppChanged)] == [
        ("uninstall", SECOND_NS),
        ("reinstall", 2 * SECOND_NS),
    ]


def test_a_revoked_token_is_dead_and_the_subscriptions_stay() -> None:
    shop = Shop()
    shop.subscribe("orders/create")
    shop.live(1, "revoke_token")
    assert not shop.world.app.authorised("token", shop.now_ns)
    assert len(shop.world.subscriptions(SHOPIFY)) == 1


def test_deliveries_are_signed_with_the_old_secret_until_the_window_ends() -> None:
    shop = Shop()
    shop.subscribe("orders/create")
    shop.play([buy(1, "online", (0, 1))])
    shop.live(1, "rotate_secret")
    shop.play([buy(2, "online", (0, 1))])
    shop.live(3, "new_secret_used")
    shop.play([buy(3, "online", (0, 1))])
    assert [signed_with(outgoing) for outgoing in shop.sent] == ["old", "old", "new"]
    assert [fact.change for fact in shop.of(AppChanged)] == ["rotate_secret", "new_secret_used"]


def test_a_marketplace_keeps_its_secret_when_the_shop_s_is_rotated() -> None:
    shop = Shop()
    shop.world.subscribe("bazaar", "*", URI, now_ns=0)
    shop.play([buy(1, "bazaar", (0, 1))])
    shop.live(1, "rotate_secret")
    shop.live(2, "new_secret_used")
    shop.play([buy(3, "bazaar", (0, 1))])
    assert len(shop.sent) == 2
    for outgoing in shop.sent:
        signature = outgoing.head.decode().split("X-Marketplace-Signature: ")[1].split("\r\n")[0]
        assert matches(b"channel", outgoing.body, signature)


def test_no_fact_of_the_app_s_life_holds_a_secret_or_a_token() -> None:
    shop = Shop()
    shop.live(1, "rotate_secret")
    shop.live(2, "uninstall")
    text = b"".join(msgspec.json.encode(fact) for fact in shop.facts)
    assert not any(secret in text for secret in (OLD, NEW, b"token"))


@pytest.mark.parametrize(
    ("change", "topic", "members"),
    [
        (
            "data_request",
            "customers/data_request",
            {"shop_id", "shop_domain", "customer", "orders_requested", "data_request"},
        ),
        ("customer_redact", "customers/redact", {"shop_id", "shop_domain", "customer", "orders_to_redact"}),
        ("shop_redact", "shop/redact", {"shop_id", "shop_domain"}),
        ("scopes_update", "app/scopes_update", {"id", "shop_id", "previous", "current", "updated_at"}),
    ],
)
def test_every_topic_has_the_documented_members(change: LifeChange, topic: str, members: set[str]) -> None:
    shop = Shop(scopes=("read_orders",))
    shop.subscribe(*APP_TOPICS, by_api=False)
    shop.play([buy(1, "online", (0, 1))])
    shop.live(1, change, scopes=("read_products",))
    (outgoing,) = shop.sent
    body = msgspec.json.decode(outgoing.body)
    assert (topic_of(outgoing), set(body)) == (topic, members)
    if topic == "app/scopes_update":
        assert (body["previous"], body["current"]) == (["read_orders"], ["read_products"])
    if topic == "customers/redact":
        order = shop.world.newest_order("online")
        assert order is not None
        assert body["orders_to_redact"] == [order.order_id]


@pytest.mark.parametrize(("change", "waits"), [("customer_redact", 0), ("scopes_update", 1)])
def test_no_run_waits_for_a_request_for_privacy_that_was_refused(change: LifeChange, waits: int) -> None:
    shop = Shop(scopes=("read_orders",))
    shop.subscribe(*APP_TOPICS, by_api=False)
    shop.play([buy(1, "online", (0, 1))])
    shop.live(1, change, scopes=("read_products",))
    (outgoing,) = shop.sent
    assert shop.deliveries.pending == 1
    (again,) = shop.deliveries.answered(outgoing, Answer(1, 1, 1, 1, 1, status=404)).attempts
    assert shop.deliveries.pending == waits
    shop.deliveries.answered(again, Answer(2, 2, 2, 2, 2, status=200))
    assert shop.deliveries.pending == 0


def test_scopes_that_change_are_those_of_the_app() -> None:
    shop = Shop()
    shop.live(1, "scopes_update", scopes=("write_orders",))
    assert shop.world.app.granted == with_implied(("write_orders",)) == {"write_orders", "read_orders"}
    assert shop.of(AppChanged)[0].scopes == ("write_orders",)


def test_an_app_without_customer_data_gets_orders_without_the_person() -> None:
    shop = Shop(customer_data="orders")
    shop.subscribe("orders/create")
    shop.play([buy(1, "online", (0, 1))])
    body = msgspec.json.decode(shop.sent[0].body)
    assert (body["customer"], body["shipping_address"], body["billing_address"]) == (None, None, None)
    assert not {"email", "phone", "contact_email", "order_status_url"} & set(body)
    buyer = small_catalogue().buyers[0]
    assert not any(each.email.encode() in shop.sent[0].body for each in small_catalogue().buyers)
    assert buyer.last_name.encode() not in shop.sent[0].body


@pytest.mark.parametrize(
    ("customer_data", "heard"),
    [("all", {"orders/create", "products/update"}), ("orders", {"orders/create", "products/update"}),
     ("none", {"products/update"})],
)  # fmt: skip
def test_an_app_that_may_read_no_orders_hears_of_none(customer_data: CustomerData, heard: set[str]) -> None:
    app = App(AppConfig(customer_data=customer_data))
    assert {topic for topic in ("orders/create", "products/update") if app.may_hear(topic)} == heard


def test_a_token_of_an_app_does_not_show_in_its_repr() -> None:
    app = App(AppConfig())
    app.tokens.add("shpat_secret")
    assert "shpat_secret" not in repr(vars(app.tokens))
