"""A service reads one product or one refund when a webhook was too large for its bus."""

from stockstorm.reference_service.clients.order_documents import WHOLE_PRODUCT, WHOLE_REFUND
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history.facts import OrdersShown
from stockstorm.simulator.plan.items import PlannedProductEdit
from tests.admin_calls import Admin
from tests.small_world import buy, give_back, own_orders, product, sku

PRODUCT = "query($id: ID!) { product(id: $id) { id legacyResourceId title handle vendor status createdAt updatedAt } }"


def test_a_product_shows_the_time_of_its_last_edit() -> None:
    admin = Admin()
    mug = product(0)
    gid = f"gid://shopify/Product/{mug.product_id}"
    before = admin.data(PRODUCT, id=gid)["product"]
    assert (before["id"], before["legacyResourceId"], before["title"]) == (gid, str(mug.product_id), mug.title)
    assert (before["status"], before["createdAt"], before["updatedAt"]) == (
        "ACTIVE",
        "2026-11-24T06:00:00Z",
        "2026-11-24T06:00:00Z",
    )
    admin.world.apply(PlannedProductEdit(0, 1, sku(0)), admin.now_ns + 4 * SECOND_NS)
    assert admin.data(WHOLE_PRODUCT.text, id=gid)["node"]["updatedAt"] == "2026-11-24T06:00:05Z"
    assert admin.data(PRODUCT, id="gid://shopify/Product/1") == {"product": None}


def test_a_refund_is_found_by_its_own_id_with_its_order() -> None:
    admin = Admin()
    admin.world.apply(buy(7, "online", (0, 2)), admin.now_ns)
    admin.world.apply(give_back(7, (0, 1)), admin.now_ns + SECOND_NS)
    (order,) = own_orders(admin.world)
    (refund,) = order.refunds
    gid = f"gid://shopify/Refund/{refund.refund_id}"
    assert admin.data(WHOLE_REFUND.text, id=gid)["node"] == {
        "id": gid,
        "order": {"id": f"gid://shopify/Order/{order.order_id}"},
        "refundLineItems": {"nodes": [{"quantity": 1, "restockType": "RETURN"}]},
    }
    assert admin.facts(OrdersShown)[0].orders == (7,)
    assert admin.data(WHOLE_REFUND.text, id="gid://shopify/Refund/1") == {"node": None}
