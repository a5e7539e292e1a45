"""The largest page of the REST Admin API, by rows and by size; and the same orders in GraphQL."""

import msgspec
import pytest

from stockstorm.simulator.api.admin.execution.bounds import TOO_LARGE
from stockstorm.simulator.api.rest.resources import orders
from stockstorm.simulator.limits import ATTACHED_KB_MAX
from tests.admin_calls import Admin
from tests.rest_calls import Rest
from tests.small_world import buy, product, restock


def test_a_limit_above_the_largest_page_gives_that_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stockstorm.simulator.api.rest.call.PAGE_MAX", 2)
    assert len(Rest().get("products", limit=300)["products"]) == 2


@pytest.mark.parametrize("path", ["orders", "products", "variants", "webhooks"])
def test_pages_by_number_are_refused(path: str) -> None:
    rest = Rest()
    (text,) = rest.send("GET", path, page=2)["errors"].values()
    assert rest.reply.status == 400
    assert text.startswith("page cannot be passed.")


def test_variants_of_a_product_have_pages_and_begin_after_an_id() -> None:
    rest, path = Rest(), f"products/{product(0).product_id}/variants"
    assert [each["id"] for each in rest.get(path, limit=1)["variants"]] == [product(0).variant_id]
    assert rest.get(path, since_id=product(0).variant_id)["variants"] == []


@pytest.mark.parametrize(("status", "count"), [("active", 4), ("active,draft", 4), ("draft", 0), ("draft,archived", 0)])
def test_products_are_found_by_one_of_several_statuses(status: str, count: int) -> None:
    assert len(Rest().get("products", status=status)["products"]) == count


def large_orders(count: int, large_kb: int) -> Rest:
    """A shop with orders to which each buyer attached something."""
    rest = Rest()
    for key in range(count):
        rest.world.apply(restock(key, 0, 1), rest.now_ns)
        bought = msgspec.structs.replace(buy(key, "online", (0, 1)), large_kb=large_kb)
        rest.world.apply(bought, rest.now_ns + key)
    return rest


def test_a_page_holds_no_more_large_orders_than_fit_and_the_next_ones_follow() -> None:
    rest = large_orders(12, 1_900)
    found = [len(rest.get("orders", status="any", limit=250)["orders"])]
    assert len(rest.reply.body) < 1_100 * ATTACHED_KB_MAX
    ids: set[int] = set()
    while "next" in rest.links:
        page = rest.follow("next")["orders"]
        found.append(len(page))
        ids |= {order["id"] for order in page}
    assert found == [4, 4, 4]
    assert len(ids) == 8
    assert len(rest.follow("previous")["orders"]) == 4


def test_an_order_that_is_larger_than_an_answer_may_be_is_shown_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "ATTACHED_KB_MAX", 10)
    rest = large_orders(2, 60)
    assert len(rest.get("orders", status="any")["orders"]) == 1
    assert len(rest.follow("next")["orders"]) == 1


def test_a_query_for_more_large_orders_than_fit_is_refused() -> None:
    admin = Admin(large_orders(8, 1_900).world)
    query = "{ orders(first: %d) { nodes { customAttributes { key value } } } }"
    assert len(admin.data(query % 4)["orders"]["nodes"]) == 4
    assert admin.problem(query % 8) == TOO_LARGE


def test_large_orders_are_written_to_the_file_of_a_bulk_operation_a_few_at_a_time() -> None:
    admin = Admin(large_orders(8, 1_900).world)
    admin.data(
        "mutation B($q: String!) { bulkOperationRunQuery(query: $q) { userErrors { message } } }",
        q="{ orders { edges { node { id customAttributes { key value } } } } }",
    )
    slices = 0
    while admin.api.background.busy:
        admin.api.background.work(admin.now_ns)
        slices += 1
    (operation,) = admin.api.state.bulk.all
    assert (operation.status, operation.objects, slices) == ("COMPLETED", 8, 9)
