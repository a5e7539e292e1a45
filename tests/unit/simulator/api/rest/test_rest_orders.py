"""Orders by REST: filters, order, pages, refunds; and webhook subscriptions."""

import msgspec
import pytest

from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.history.facts import OrdersShown, OrderWritten, SubscriptionCreated, SubscriptionRemoved
from stockstorm.simulator.model import SHOPIFY
from tests.admin_calls import START_NS, WALL, Admin
from tests.rest_calls import Rest
from tests.small_world import available, buy, cancel, give_back, own_orders, pay, small_config, small_world

SECOND = 1_000_000_000
ADDRESS = "http://127.0.0.1:8080/webhooks/shopify"


def shop() -> Rest:
    """Five orders, a second apart: 1 is paid, 2 cancelled, 3 partly returned; one of a marketplace."""
    world = small_world()
    world.opening(START_NS)
    for key in range(1, 6):
        world.apply(buy(key, "online", (0, 1), (1, 2)), START_NS + key * SECOND)
    world.apply(buy(9, "bazaar", (0, 1)), START_NS + 6 * SECOND)
    world.apply(pay(1), START_NS + 7 * SECOND)
    world.apply(cancel(2), START_NS + 8 * SECOND)
    world.apply(pay(3), START_NS + 9 * SECOND)
    world.apply(give_back(3, (1, 1)), START_NS + 10 * SECOND)
    rest = Rest(world)
    rest.now_ns = START_NS + 20 * SECOND
    return rest


def numbers(answer: dict[str, list[dict[str, int]]]) -> list[int]:
    return [order["order_number"] - 1000 for order in answer["orders"]]


def test_orders_are_those_of_the_store_that_are_open_newest_first() -> None:
    rest = shop()
    assert numbers(rest.get("orders")) == [5, 4, 3, 1]
    (shown,) = rest.facts(OrdersShown)
    assert shown.channel == "online"
    assert list(shown.orders) == [5, 4, 3, 1]
    assert rest.called.rows == 4
    assert rest.get("orders/count") == {"count": 4}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"status": "any"}, [5, 4, 3, 2, 1]),
        ({"status": "cancelled"}, [2]),
        ({"status": "any", "financial_status": "paid"}, [1]),
        ({"status": "any", "financial_status": "partially_refunded"}, [3]),
        ({"financial_status": "unpaid"}, [5, 4]),
        ({"fulfillment_status": "shipped"}, []),
        ({"fulfillment_status": "unshipped"}, [5, 4, 3, 1]),
        ({"status": "any", "order": "created_at asc"}, [1, 2, 3, 4, 5]),
        ({"status": "any", "order": "updated_at desc"}, [3, 2, 1, 5, 4]),
        ({"name": "#1004"}, [4]),
        ({"created_at_min": "2026-11-24T06:00:04Z"}, [5, 4]),
        ({"created_at_max": "2026-11-24T01:00:03-05:00"}, [3, 1]),
        ({"status": "any", "updated_at_min": "2026-11-24T06:00:08Z"}, [3, 2]),
    ],
)
def test_filters_of_orders(query: dict[str, str], found: list[int]) -> None:
    assert numbers(shop().get("orders", **query)) == found


def test_orders_by_id_and_after_an_id() -> None:
    rest = shop()
    ids = [order.order_id for order in own_orders(rest.world)]
    assert numbers(rest.get("orders", ids=f"{ids[3]},{ids[0]}")) == [4, 1]
    assert numbers(rest.get("orders", status="any", since_id=ids[1])) == [3, 4, 5]


def test_an_order_is_the_one_that_webhooks_show() -> None:
    rest = shop()
    one = own_orders(rest.world)[2]
    payload = Payloads(rest.world.catalogue, small_config().shop, WALL).orders.body(one)
    found = rest.get(f"orders/{one.order_id}")["order"]
    assert found["id"] == payload.id
    assert found["total_price"] == payload.total_price
    assert list(found) == list(msgspec.json.decode(msgspec.json.encode(payload)))
    assert len(found["refunds"]) == 1
    refunds = rest.get(f"orders/{one.order_id}/refunds")["refunds"]
    assert refunds == found["refunds"]
    assert rest.get(f"orders/{one.order_id}/refunds/{refunds[0]['id']}") == {"refund": refunds[0]}
    assert rest.get(f"orders/{one.order_id}/fulfillments") == {"fulfillments": []}


def test_an_order_of_a_marketplace_is_not_found() -> None:
    rest = shop()
    market = rest.world.newest_order("bazaar")
    assert market is not None
    rest.send("GET", f"orders/{market.order_id}")
    assert (rest.reply.status, rest.called.strangers) == (404, (f"Order/{market.order_id}",))


@pytest.mark.parametrize("order", ["", "created_at asc", "updated_at desc", "id asc"])
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_of_orders_hold_each_one_once_forth_and_back(order: str, limit: int) -> None:
    rest = shop()
    query = {"order": order} if order else {}
    whole = numbers(rest.get("orders", status="any", **query))
    pages = [numbers(rest.get("orders", status="any", limit=limit, **query))]
    while "next" in rest.links:
        pages.append(numbers(rest.follow("next")))
    assert [number for page in pages for number in page] == whole
    back = [pages[-1]]
    while "previous" in rest.links:
        back.append(numbers(rest.follow("previous")))
    assert back[::-1] == pages


def test_a_new_order_does_not_shift_the_next_page() -> None:
    rest = shop()
    assert numbers(rest.get("orders", limit=2)) == [5, 4]
    rest.world.apply(buy(6, "online", (2, 1)), rest.now_ns)
    assert numbers(rest.follow("next")) == [3, 1]


def test_a_sort_or_a_filter_that_is_not_played_is_named() -> None:
    rest = shop()
    rest.send("GET", "orders", order="total_price desc")
    assert rest.reply.status == 501
    rest.send("GET", "orders", attribution_app_id="current")
    assert rest.called.unplayed == ("parameter attribution_app_id of orders",)


# -- webhooks ------------------------------------------------------------------------------------------------------


def subscribe(rest: Rest, topic: str = "orders/create", **other: object) -> dict[str, object]:
    answer: dict[str, object] = rest.post("webhooks", {"webhook": {"topic": topic, "address": ADDRESS, **other}})
    return answer


def test_a_webhook_is_created_read_and_deleted() -> None:
    rest = shop()
    made = subscribe(rest, format="json", fields=["id", "updated_at"])["webhook"]
    assert isinstance(made, dict)
    assert rest.reply.status == 201
    (fact,) = rest.facts(SubscriptionCreated)
    assert (fact.topic, fact.uri, fact.by_api, made["id"]) == ("orders/create", ADDRESS, True, fact.subscription)
    assert (made["address"], made["fields"], made["format"]) == (ADDRESS, ["id", "updated_at"], "json")
    assert rest.get(f"webhooks/{made['id']}") == {"webhook": made}
    subscribe(rest, "orders/paid")
    assert rest.get("webhooks/count") == {"count": 2}
    assert rest.get("webhooks", topic="orders/create") == {"webhooks": [made]}
    assert rest.send("DELETE", f"webhooks/{made['id']}") == {}
    assert [each.by_policy for each in rest.facts(SubscriptionRemoved)] == [False]
    assert len(rest.get("webhooks")["webhooks"]) == 1


def test_both_apis_list_the_same_subscriptions() -> None:
    world = small_world()
    rest, admin = Rest(world), Admin(world)
    subscribe(rest)
    world.subscribe(SHOPIFY, "orders/paid", ADDRESS, now_ns=1, by_api=False)
    nodes = admin.data("{ webhookSubscriptions(first: 9) { nodes { legacyResourceId topic uri } } }")
    assert [(each["legacyResourceId"], each["uri"]) for each in nodes["webhookSubscriptions"]["nodes"]] == [
        (str(each["id"]), each["address"]) for each in rest.get("webhooks")["webhooks"]
    ]


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({"topic": ""}, {"topic": ["can't be blank"]}),
        ({"address": ""}, {"address": ["can't be blank"]}),
        ({"address": "ftp://x"}, {"address": ["protocol ftp:// is not supported"]}),
        ({"format": "xml"}, {"format": ["'xml' is invalid for this webhook topic. Allowed formats: json"]}),
    ],
)
def test_a_refused_webhook_has_the_reason_at_its_field(given: dict[str, str], errors: object) -> None:
    rest = shop()
    body = {"topic": "orders/create", "address": ADDRESS} | given
    assert rest.post("webhooks", {"webhook": body}) == {"errors": errors}
    assert (rest.reply.status, rest.called.outcome) == (422, "user_error")


def test_a_webhook_that_is_there_already_is_refused() -> None:
    rest = shop()
    subscribe(rest)
    assert subscribe(rest) == {"errors": {"address": ["for this topic has already been taken"]}}


def test_a_topic_that_shopify_does_not_have_and_one_that_never_fires() -> None:
    rest = shop()
    answer = subscribe(rest, "orders/created")
    assert "Invalid topic specified" in str(answer)
    assert (rest.reply.status, rest.called.unplayed) == (422, ())
    subscribe(rest, "carts/create")
    assert (rest.reply.status, rest.called.unplayed) == (501, ("topic carts/create",))


def test_a_webhook_gets_another_address_and_other_fields() -> None:
    rest = shop()
    made = subscribe(rest)["webhook"]
    assert isinstance(made, dict)
    body = {"webhook": {"id": made["id"], "address": f"{ADDRESS}/2", "fields": ["id"]}}
    changed = rest.send("PUT", f"webhooks/{made['id']}", body)["webhook"]
    assert (changed["address"], changed["fields"], changed["topic"]) == (f"{ADDRESS}/2", ["id"], made["topic"])
    assert rest.get(f"webhooks/{made['id']}") == {"webhook": changed}
    answer = rest.send("PUT", f"webhooks/{made['id']}", {"webhook": {"address": ""}})
    assert (rest.reply.status, answer) == (422, {"errors": {"address": ["can't be blank"]}})


# -- endings -------------------------------------------------------------------------------------------------------


def ids(rest: Rest) -> list[int]:
    return [order.order_id for order in own_orders(rest.world)]


def test_a_cancellation_gives_units_back_only_where_it_says_so() -> None:
    rest = shop()
    before = available(rest.world, 0)
    answer = rest.post(f"orders/{ids(rest)[3]}/cancel", {"reason": "inventory"})
    assert rest.reply.status == 200
    assert answer["order"]["cancel_reason"] == "inventory"
    assert available(rest.world, 0) == before
    assert "orders/cancelled" in [each.topic for each in rest.reply.events]
    rest.post(f"orders/{ids(rest)[4]}/cancel", {"restock": True})
    assert available(rest.world, 0) == before + 1
    assert [fact.how for fact in rest.facts(OrderWritten)] == ["cancelled"]
    rest.post(f"orders/{ids(rest)[4]}/cancel")
    assert (rest.reply.status, rest.called.outcome) == (422, "user_error")


def test_a_refund_is_calculated_and_made() -> None:
    rest = shop()
    order = own_orders(rest.world)[0]
    line = {"line_item_id": order.lines[1].line_id, "quantity": 1, "restock_type": "return"}
    body = {"refund": {"refund_line_items": [line], "note": "broken"}}
    told = rest.post(f"orders/{order.order_id}/refunds/calculate", body)["refund"]
    assert (told["refund_line_items"][0]["quantity"], told["transactions"][0]["kind"]) == (1, "suggested_refund")
    assert not rest.facts(OrderWritten)
    before = available(rest.world, 1)
    made = rest.post(f"orders/{order.order_id}/refunds", body)["refund"]
    assert (rest.reply.status, made["note"]) == (201, "broken")
    assert made["transactions"][0]["amount"] == told["transactions"][0]["amount"]
    assert available(rest.world, 1) == before + 1
    assert rest.get(f"orders/{order.order_id}/refunds")["refunds"] == [made]
    rest.post(f"orders/{order.order_id}/refunds", {"refund": {"refund_line_items": [line | {"quantity": 9}]}})
    assert (rest.reply.status, available(rest.world, 1)) == (422, before + 1)


@pytest.mark.parametrize("body", [None, {}, {"refund": {}}, {"refund": {"refund_line_items": [1]}}])
def test_a_refund_of_nothing_is_refused(body: object) -> None:
    rest = shop()
    rest.post(f"orders/{ids(rest)[0]}/refunds", body)
    assert rest.reply.status in (400, 501)
    assert not rest.facts(OrderWritten)


def test_a_topic_without_its_scope_is_no_topic_for_the_app() -> None:
    rest = Rest()
    rest.world.app.change_scopes(("write_inventory",), rest.now_ns)
    wanted = {"address": "https://example.com/h", "format": "json"}
    answer = rest.send("POST", "webhooks", {"webhook": {**wanted, "topic": "orders/create"}})
    assert rest.reply.status == 422
    (text,) = answer["errors"]["topic"]
    assert text.startswith("Invalid topic specified. Topics allowed: app/")
    assert "inventory_levels/update" in text
    assert "orders/create" not in text
    rest.send("POST", "webhooks", {"webhook": {**wanted, "topic": "inventory_levels/update"}})
    assert rest.reply.status == 201


def test_an_order_has_the_shape_of_the_version_that_is_asked() -> None:
    rest = shop()
    shown = [
        rest.get(f"/admin/api/{version}/orders.json", status="any")["orders"][0] for version in ("2026-01", "2026-04")
    ]
    assert ["checkout_id" in order for order in shown] == [True, False]
