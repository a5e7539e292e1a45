"""What an edit makes of an order: units taken out, which go back into stock, and lines added, which are taken from it.

Only paid orders of which nothing was shipped are edited. Units taken out make a refund without money, as "cancel": that
is how Shopify shows them (assumed). What is added is not paid for.
"""

from collections.abc import Mapping, Sequence

import msgspec

from stockstorm.simulator.events.encoding import derived_id
from stockstorm.simulator.events.order_sums import refunded_units
from stockstorm.simulator.ids import ids_beside
from stockstorm.simulator.model import Drawn, Order, OrderEdit, OrderLine, Product, Refund, RefundLine, Sku
from stockstorm.simulator.plan.items import PlannedOrderEdit
from stockstorm.simulator.shop.lines import split, still_drawn
from stockstorm.simulator.shop.orders import LINE_IDS_PER_ORDER

FIRST_EDITED = 20_000_000_000  # of the refunds that edits make, above those of cancellations


class Edited(msgspec.Struct, frozen=True):
    """An edited order, the refund of what was taken out, and the units that moved: (SKU, location, units)."""

    order: Order
    refund: Refund | None
    back: list[tuple[Sku, int, int]]
    taken: list[tuple[Sku, int, int]]


def can_edit(order: Order) -> bool:
    """Whether staff can edit it: it is paid, open, and nothing of it was shipped or given back."""
    return order.paid_ns is not None and order.cancelled_ns is None and not order.fulfilments and not order.refunds


def edited(
    order: Order,
    item: PlannedOrderEdit,
    products: Mapping[Sku, Product],
    drawn: Sequence[Drawn],
    now_ns: int,
) -> Edited:
    """The order after the edit, which `can_edit` allows. `drawn`: where the added units come from."""
    ids = ids_beside(order.order_id)
    refund = _refund(order, item.removed, ids.refund.of(FIRST_EDITED + order.key), now_ns)
    first = order.key * LINE_IDS_PER_ORDER + len(order.lines)
    lines = tuple(
        OrderLine(ids.line.of(first + n), sku, units, products[sku].price_minor)
        for n, (sku, units) in enumerate(item.added)
    )
    rows = () if refund is None else refund.lines
    edit = OrderEdit(
        derived_id("order_edit", order.order_id, len(order.edits)),
        now_ns,
        tuple((line.line_id, line.quantity) for line in lines),
        tuple((line.line_id, line.quantity) for line in rows),
    )
    after = msgspec.structs.replace(
        order,
        lines=(*order.lines, *lines),
        refunds=order.refunds if refund is None else (*order.refunds, refund),
        drawn=(*order.drawn, *drawn),
        edits=(*order.edits, edit),
        updated_ns=now_ns,
    )
    spread = {each.sku for each in drawn}
    taken = [(each.sku, each.location_id, -each.units) for each in drawn]
    taken += [(sku, 0, -units) for sku, units in item.added if sku not in spread]
    return Edited(after, refund, [(line.sku, line.location_id, line.quantity) for line in rows], taken)


def _refund(order: Order, removed: Sequence[tuple[Sku, int]], refund_id: int, now_ns: int) -> Refund | None:
    gone, drawn = refunded_units(order), still_drawn(order) if order.drawn else []
    rows: list[RefundLine] = []
    for sku, units in removed:
        line = next((each for each in order.lines if each.sku == sku), None)
        count = 0 if line is None else min(units, line.quantity - gone.get(line.line_id, 0))
        if line is not None and count > 0:
            rows += [RefundLine(line.line_id, sku, part, place) for place, part in split(sku, count, drawn)]
    if not rows:
        return None
    return Refund(refund_id, now_ns, tuple(rows), restock=True, cancelled=True, note="", edited=True)
