"""What an order changes in the shop, from all that is known of it."""

from tests.strangers.stockroom.store import Order

Units = dict[str, int]


def parts(order: Order) -> dict[str, Units]:
    """The change of its sale (""), of each return that goes back on sale, and of its cancellation."""
    still_out = dict(order.lines)
    found = {"": {sku: -units for sku, units in order.lines.items()}}
    for return_id, back in order.returned.items():
        if back["restock"]:
            found[f":returned:{return_id}"] = back["lines"]
        still_out = less(still_out, back["lines"])
    if order.cancelled:
        found[":cancelled"] = still_out
    return found


def total(order: Order) -> Units:
    """All parts together. Empty for an order that was never placed, as far as is known."""
    sums: Units = {}
    for deltas in parts(order).values() if order.placed else ():
        for sku, delta in deltas.items():
            sums[sku] = sums.get(sku, 0) + delta
    return less(sums, {})


def less(first: Units, second: Units) -> Units:
    """The difference, without SKUs where there is none."""
    found = {sku: first.get(sku, 0) - second.get(sku, 0) for sku in {**first, **second}}
    return {sku: delta for sku, delta in found.items() if delta}
