"""Lines of orders as (SKU, units), and what is left of them."""

from collections.abc import Sequence

from stockstorm.simulator.events.order_sums import due_units, refunded_units
from stockstorm.simulator.model import Drawn, Order, Sku

Place = tuple[Sku, int]  # a SKU and the location of its units; 0 for an item's only location


def left(order: Order) -> list[tuple[Sku, int]]:
    """(SKU, units) of each line that did not come back with a return. A cancellation gives them back."""
    if not order.refunds:
        return [(line.sku, line.quantity) for line in order.lines]
    back = refunded_units(order)
    remaining = [(line.sku, line.quantity - back.get(line.line_id, 0)) for line in order.lines]
    return [(sku, units) for sku, units in remaining if units]


def left_at(order: Order) -> list[tuple[Sku, int, int]]:
    """(SKU, location, units) of what is `left`: where each unit was drawn from, 0 for an item's only location."""
    if not order.drawn:
        return [(sku, 0, units) for sku, units in left(order)]
    spread = {each.sku for each in order.drawn}
    places = [(sku, 0, units) for sku, units in left(order) if sku not in spread]
    there = {(each.sku, each.location_id): each.units for each in order.drawn}
    for line in (line for refund in order.refunds for line in refund.lines if line.sku in spread):
        came = line.quantity
        # Units may be given back elsewhere than they were drawn from. Then they are of the first location that has any.
        for place in ((line.sku, line.location_id), *(place for place in there if place[0] == line.sku)):
            units = min(came, there.get(place, 0))
            if units:
                there[place] -= units
                came -= units
    places += [(sku, location, units) for (sku, location), units in there.items()]
    return [(sku, location, units) for sku, location, units in places if units]


def split(sku: Sku, quantity: int, drawn: list[Drawn]) -> list[tuple[int, int]]:
    """(location, units) of a part of an order that comes back, and takes these units out of `drawn`.

    Units come back to where they were drawn from; [(0, quantity)] for a SKU that has one location.
    """
    found: list[tuple[int, int]] = []
    for index, each in enumerate(drawn):
        units = min(quantity, each.units) if each.sku == sku else 0
        if units:
            drawn[index] = Drawn(sku, each.location_id, each.units - units)
            found.append((each.location_id, units))
            quantity -= units
    return [*found, (0, quantity)] if quantity else found


def still_drawn(order: Order, *, shipped: bool = False) -> list[Drawn]:
    """Where the units of an order that did not come back were drawn from. `shipped`: without what is with the buyer."""
    back: dict[tuple[Sku, int], int] = {}
    for refund in order.refunds:
        for line in refund.lines:
            back[line.sku, line.location_id] = back.get((line.sku, line.location_id), 0) + line.quantity
    drawn = [
        Drawn(each.sku, each.location_id, each.units - back.get((each.sku, each.location_id), 0))
        for each in order.drawn
    ]
    if shipped:
        due, refunded = due_units(order), refunded_units(order)
        for sold in order.lines:
            split(sold.sku, sold.quantity - due[sold.line_id] - refunded.get(sold.line_id, 0), drawn)
    return drawn


def held(order: Order) -> dict[Place, int]:
    """The units that are still committed to an order: neither shipped, nor given back, nor cancelled."""
    spread = {each.sku for each in order.drawn}
    there = {(each.sku, each.location_id): each.units for each in still_drawn(order, shipped=True)}
    due = due_units(order)
    for line in order.lines:
        if line.sku not in spread:
            there[line.sku, 0] = there.get((line.sku, 0), 0) + due[line.line_id]
    return there


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
