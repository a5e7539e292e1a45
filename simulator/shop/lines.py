"""Lines of orders as (SKU, units), and what is left of them."""

from collections.abc import Sequence

from stockstorm.simulator.model import Order, Sku


def left(order: Order) -> list[tuple[Sku, int]]:
    """(SKU, units) of each line that did not come back with a return. A cancellation gives them back."""
    back: dict[int, int] = {}
    for refund in order.refunds:
        for line in refund.lines:
            back[line.line_id] = back.get(line.line_id, 0) + line.quantity
    remaining = [(line.sku, line.quantity - back.get(line.line_id, 0)) for line in order.lines]
    return [(sku, units) for sku, units in remaining if units]


def columns(lines: Sequence[tuple[Sku, int]]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The SKUs, and their units."""
    return tuple([sku for sku, _ in lines]), tuple([quantity for _, quantity in lines])


def before_each(lines: Sequence[tuple[Sku, int]], units: Sequence[int]) -> tuple[int, ...]:
    """The units just before each line, when earlier lines may have taken some of the same SKU."""
    taken: dict[Sku, int] = {}
    before = []
    for (sku, quantity), there in zip(lines, units, strict=True):
        before.append(there - taken.get(sku, 0))
        taken[sku] = taken.get(sku, 0) + quantity
    return tuple(before)
