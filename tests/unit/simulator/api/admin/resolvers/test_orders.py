import pytest

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history.facts import OrdersShown
from tests.admin_calls import Admin
from tests.small_world import buy, cancel, give_back, own_orders, pay, product, sku

PAGE = """query Page($first: Int, $last: Int, $after: String, $before: String, $query: String, $reverse: Boolean,
  $sortKey: OrderSortKeys) {
  orders(first: $first, last: $last, after: $after, before: $before, query: $query, reverse: $reverse,
    sortKey: $sortKey) {
    nodes { name } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
WHOLE = """query Whole($id: ID!) { order(id: $id) {
  id name number createdAt updatedAt processedAt cancelledAt cancelReason closed displayFinancialStatus fullyPaid
  currencyCode subtotalLineItemsQuantity currentSubtotalLineItemsQuantity
  totalPriceSet { shopMoney { amount currencyCode } presentmentMoney { amount } }
  currentTotalPriceSet { shopMoney { amount } }
  totalRefundedSet { shopMoney { amount } }
  lineItems(first: 5) { nodes {
    sku quantity currentQuantity title originalUnitPriceSet { shopMoney { amount } } variant { sku } } }
  refunds { createdAt totalRefundedSet { shopMoney { amount } }
    refundLineItems(first: 5) { nodes {
      quantity restockType restocked lineItem { sku currentQuantity } location { id } } } } } }"""


def stocked() -> Admin:
    """Orders 1001 to 1005, one a second from 06:00:00. 1002 is cancelled at :10, 1001 is paid at :11."""
    admin = Admin()
    start = admin.now_ns
    for n in range(5):
        admin.world.apply(buy(n, "online", (n % 4, 1)), start + n * SECOND_NS)
    admin.world.apply(cancel(1), start + 10 * SECOND_NS)
    admin.world.apply(pay(0), start + 11 * SECOND_NS)
    admin.now_ns = start + 60 * SECOND_NS
    return admin


def names(admin: Admin, **variables: object) -> list[str]:
    given = {"first": None if "last" in variables else 10} | variables
    return [node["name"] for node in admin.data(PAGE, **given)["orders"]["nodes"]]


def test_orders_are_sorted_by_creation_and_recorded_as_shown() -> None:
    admin = stocked()
    assert names(admin, first=3) == ["#1001", "#1002", "#1003"]
    assert admin.facts(OrdersShown) == [OrdersShown(admin.now_ns, 0, "online", (0, 1, 2))]
    assert (admin.called.operation, admin.called.rows) == ("orders", 3)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("ID", ["#1001", "#1002", "#1003", "#1004", "#1005"]),
        ("CREATED_AT", ["#1001", "#1002", "#1003", "#1004", "#1005"]),
        ("UPDATED_AT", ["#1003", "#1004", "#1005", "#1002", "#1001"]),
    ],
)
def test_orders_are_sorted_by_key_in_both_directions(key: str, expected: list[str]) -> None:
    assert names(stocked(), sortKey=key) == expected
    assert names(stocked(), sortKey=key, reverse=True) == expected[::-1]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("key", ["ID", "CREATED_AT", "UPDATED_AT"])
@pytest.mark.parametrize("size", [1, 2, 5])
def test_pages_forward_and_backward_neither_skip_nor_repeat(size: int, key: str, reverse: bool) -> None:
    admin = stocked()
    whole = names(admin, sortKey=key, reverse=reverse)
    forward: list[str] = []
    cursor, more = None, True
    while more:
        page = admin.data(PAGE, first=size, after=cursor, sortKey=key, reverse=reverse)["orders"]
        forward += [node["name"] for node in page["nodes"]]
        cursor, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    backward: list[str] = []
    cursor, more = None, True
    while more:
        page = admin.data(PAGE, last=size, before=cursor, sortKey=key, reverse=reverse)["orders"]
        backward = [node["name"] for node in page["nodes"]] + backward
        cursor, more = page["pageInfo"]["startCursor"], page["pageInfo"]["hasPreviousPage"]
    assert forward == backward == whole


def test_a_cursor_stays_valid_while_orders_are_added() -> None:
    admin = stocked()
    page = admin.data(PAGE, first=4)["orders"]
    admin.world.apply(buy(9, "online", (0, 1)), admin.now_ns)
    assert page["edges"][-1]["cursor"] == page["pageInfo"]["endCursor"]
    assert names(admin, after=page["pageInfo"]["endCursor"]) == ["#1005", "#1006"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("created_at:>='2026-11-24T06:00:03Z'", ["#1004", "#1005"]),
        ("created_at:>'2026-11-24T06:00:03Z'", ["#1005"]),
        ("created_at:<'2026-11-24T06:00:01Z'", ["#1001"]),
        ("created_at:<='2026-11-24T06:00:01Z' AND created_at:>='2026-11-24T06:00:01Z'", ["#1002"]),
        ("created_at:>='2026-11-24T01:00:03'", ["#1004", "#1005"]),
        ("created_at:'2026-11-24T01:00:02-05:00'", ["#1003"]),
        ("created_at:2026-11-24", ["#1001", "#1002", "#1003", "#1004", "#1005"]),
        ("created_at:>2026-11-24", []),
        ("updated_at:>='2026-11-24T06:00:10Z'", ["#1001", "#1002"]),
        ("status:open", ["#1001", "#1003", "#1004", "#1005"]),
        ("status:cancelled", ["#1002"]),
        ("financial_status:paid", ["#1001"]),
        ("name:#1003", ["#1003"]),
        ("sku:{sku} status:any", ["#1001", "#1005"]),
    ],
)
def test_orders_are_searched_in_shopifys_syntax(query: str, expected: list[str]) -> None:
    assert names(stocked(), query=query.format(sku=sku(0))) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status:open OR status:cancelled", ["#1001", "#1002", "#1003", "#1004", "#1005"]),
        ("name:#1001 OR (sku:{sku} -financial_status:paid)", ["#1001", "#1005"]),
        ("-status:cancelled NOT financial_status:paid", ["#1003", "#1004", "#1005"]),
        ("tag:vip", []),
        ("-tag:vip name:100*", ["#1001", "#1002", "#1003", "#1004", "#1005"]),
        ("email:{email}", ["#1001", "#1002", "#1003", "#1004", "#1005"]),
        ("email:nobody@example.com", []),
        ("{email}", ["#1001", "#1002", "#1003", "#1004", "#1005"]),
        ("no-such-word", []),
        ("financial_status:paid,voided", ["#1001", "#1002"]),
        ("fulfillment_status:unshipped", ["#1001", "#1002", "#1003", "#1004", "#1005"]),
        ("fulfillment_status:shipped", []),
        ("source_name:web status:any", ["#1001", "#1002", "#1003", "#1004", "#1005"]),
        ("updated_at:<now created_at:>=2026", ["#1001", "#1002", "#1003", "#1004", "#1005"]),
        ("id:>1 id:<2", []),
    ],
)
def test_terms_are_joined_negated_and_grouped(query: str, expected: list[str]) -> None:
    admin = stocked()
    email = admin.world.catalogue.buyers[0].email
    assert names(admin, query=query.format(sku=sku(0), email=email)) == expected
    count = admin.data(
        "query($q: String) { ordersCount(query: $q) { count } }", q=query.format(sku=sku(0), email=email)
    )
    assert count["ordersCount"]["count"] == len(expected)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("created_at:>=2026-11-24T06:00:03Z", 5),
        ("created_at:<2026-11-24T06:00:03Z", 0),
        ("created_at:2026-11-24T06:00:03Z", 5),
        ("created_at:>=2026-11-25T00:00:00Z", 0),  # it is a day of the shop, which begins five hours later
        ("-created_at:<2026-11-24T06:00:03.123+00:00", 5),
    ],
)
def test_of_a_time_without_quotes_only_the_date_counts_as_recorded(query: str, count: int) -> None:
    admin = stocked()
    answer = admin.ask(PAGE, first=10, query=query)
    assert len(answer["data"]["orders"]["nodes"]) == count
    warning = {"field": "00", "message": "Invalid search field for this query.", "code": "invalid_field"}
    assert answer["extensions"]["search"] == [{"path": ["orders"], "query": query, "warnings": [warning]}]
    assert admin.called.outcome == "ok"
    assert admin.called.errors == ("orders: only the date of created_at counts, because its time has no quotes",)


@pytest.mark.parametrize("query", ["colour:red", "risk_level:high", "-colour:red", "status:open OR colour:red"])
def test_a_field_that_is_not_played_never_answers_with_other_orders(query: str) -> None:
    admin = stocked()
    answer = admin.ask(PAGE, first=10, query=query)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["NOT_PLAYED"]
    assert (admin.called.outcome, admin.facts(OrdersShown)) == ("error", [])
    assert ("search" in answer["extensions"]) == ("colour" in query)  # Shopify's warning, for a field that it lacks


@pytest.mark.parametrize("query", ["(status:open", "status:open OR", "id:'a' OR", "id:red"])
def test_unreadable_search_syntax_is_an_error(query: str) -> None:
    admin = stocked()
    assert "errors" in admin.ask(PAGE, first=10, query=query)
    assert (admin.called.outcome, admin.facts(OrdersShown)) == ("error", [])


def test_an_unsupported_sort_is_an_error() -> None:
    client = stocked()
    extensions = client.problem(PAGE, first=1, sortKey="TOTAL_PRICE")["extensions"]
    assert extensions == {"code": "NOT_PLAYED", "notPlayed": "sort key TOTAL_PRICE of orders"}
    assert client.called.unplayed == ("sort key TOTAL_PRICE of orders",)


def test_an_order_shows_its_lines_money_and_refunds() -> None:
    admin = Admin()
    admin.world.apply(buy(7, "online", (0, 2), (1, 1)), admin.now_ns)
    admin.world.apply(pay(7), admin.now_ns + SECOND_NS)
    admin.world.apply(give_back(7, (0, 1)), admin.now_ns + 2 * SECOND_NS)
    (order,) = own_orders(admin.world)
    found = admin.data(WHOLE, id=f"gid://shopify/Order/{order.order_id}")["order"]
    bought = 2 * product(0).price_minor + product(1).price_minor
    total = f"{(bought + 495) / 100:.2f}"
    back = f"{product(0).price_minor / 100:.2f}"
    assert (found["name"], found["createdAt"], found["updatedAt"]) == (
        "#1001",
        "2026-11-24T06:00:00Z",
        "2026-11-24T06:00:02Z",
    )
    assert (found["displayFinancialStatus"], found["fullyPaid"], found["closed"]) == ("PARTIALLY_REFUNDED", True, False)
    assert found["totalPriceSet"]["shopMoney"] == {"amount": total, "currencyCode": "GBP"}
    assert found["totalRefundedSet"]["shopMoney"]["amount"] == back
    assert (found["subtotalLineItemsQuantity"], found["currentSubtotalLineItemsQuantity"]) == (3, 2)
    assert [(line["sku"], line["quantity"], line["currentQuantity"]) for line in found["lineItems"]["nodes"]] == [
        (sku(0), 2, 1),
        (sku(1), 1, 1),
    ]
    (refund,) = found["refunds"]
    assert refund["totalRefundedSet"]["shopMoney"]["amount"] == back
    (line,) = refund["refundLineItems"]["nodes"]
    assert (line["quantity"], line["restockType"], line["lineItem"]["sku"]) == (1, "RETURN", sku(0))
    assert admin.facts(OrdersShown)[0].orders == (7,)


def test_an_order_cancelled_after_its_payment_is_refunded_as_a_whole() -> None:
    admin = Admin()
    admin.world.apply(buy(7, "online", (0, 2)), admin.now_ns)
    admin.world.apply(pay(7), admin.now_ns + SECOND_NS)
    admin.world.apply(cancel(7), admin.now_ns + 2 * SECOND_NS)
    (order,) = own_orders(admin.world)
    found = admin.data(WHOLE, id=f"gid://shopify/Order/{order.order_id}")["order"]
    assert (found["displayFinancialStatus"], found["closed"]) == ("REFUNDED", True)
    (refund,) = found["refunds"]
    assert [line["restockType"] for line in refund["refundLineItems"]["nodes"]] == ["CANCEL"]
    paid = 2 * product(0).price_minor + 495
    assert found["totalRefundedSet"]["shopMoney"]["amount"] == f"{paid // 100}.{paid % 100:02d}"


def test_a_cancelled_order_shows_its_cancellation_and_an_unknown_order_is_null() -> None:
    admin = stocked()
    order = own_orders(admin.world)[1]
    found = admin.data(WHOLE, id=f"gid://shopify/Order/{order.order_id}")["order"]
    assert (found["cancelledAt"], found["cancelReason"], found["closed"]) == ("2026-11-24T06:00:10Z", "CUSTOMER", True)
    assert found["displayFinancialStatus"] == "VOIDED"
    assert found["currentTotalPriceSet"]["shopMoney"]["amount"] == "0.00"
    assert admin.data(WHOLE, id="gid://shopify/Order/1") == {"order": None}


def test_orders_are_counted_up_to_a_limit() -> None:
    admin = stocked()
    some = 'some: ordersCount(limit: 2, query: "status:open") { count precision }'
    query = f"{{ all: ordersCount {{ count precision }} {some} }}"
    assert admin.data(query) == {
        "all": {"count": 5, "precision": "EXACT"},
        "some": {"count": 2, "precision": "AT_LEAST"},
    }


PEOPLE = """{ orders(first: 1) { nodes {
  customer { id email displayName numberOfOrders orders(first: 9) { nodes { name } } defaultAddress { city } }
  shippingAddress { name countryCodeV2 formatted } billingAddress { zip }
  transactions { kind status amountSet { shopMoney { amount } } } fulfillments { id }
  fulfillmentOrders(first: 1) { nodes { id status lineItems(first: 5) { nodes { remainingQuantity } } } } } } }"""


def test_an_order_shows_its_people_payments_and_parcels() -> None:
    admin = stocked()
    buyer = admin.world.catalogue.buyers[0]
    (order,) = admin.data(PEOPLE)["orders"]["nodes"]
    customer = order["customer"]
    assert (customer["email"], customer["displayName"]) == (buyer.email, f"{buyer.first_name} {buyer.last_name}")
    assert (customer["numberOfOrders"], len(customer["orders"]["nodes"])) == ("5", 5)
    assert order["shippingAddress"]["countryCodeV2"] == buyer.country_code
    assert order["billingAddress"]["zip"] == buyer.zip
    total = f"{(product(0).price_minor + 495) / 100:.2f}"
    assert order["transactions"] == [
        {"kind": "SALE", "status": "SUCCESS", "amountSet": {"shopMoney": {"amount": total}}}
    ]
    (work,) = order["fulfillmentOrders"]["nodes"]
    assert (order["fulfillments"], work["status"]) == ([], "OPEN")
    assert work["lineItems"]["nodes"] == [{"remainingQuantity": 1}]
    found = admin.data("query($id: ID!) { node(id: $id) { ... on Customer { email } } }", id=customer["id"])
    assert found == {"node": {"email": buyer.email}}


def test_searches_for_buyers_read_no_more_of_them_than_a_call_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stockstorm.simulator.api.admin.base.call.SEARCH_TESTS_MAX", 7)
    admin = Admin()
    admin.world.apply(buy(1, "online", (0, 1)), admin.now_ns)
    query = "query($q: String) { orders(first: 5, query: $q) { nodes { id } } }"
    assert len(admin.data(query, q="email:* OR customer_id:>1")["orders"]["nodes"]) == 1
    assert admin.ask(query, q="email:* OR email:b* OR customer_id:>1")["errors"] == [
        {"message": "This query is too large to execute."}
    ]
