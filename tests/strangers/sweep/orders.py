"""What an order took from the shelf, from all that its marketplace told about it."""

from typing import Any

Units = dict[str, int]


def fold(order: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    """The order as it is known after an entry of the feed. `order` is {} for one that is new."""
    told = entry["order"]
    known = {"lines": {}, "placed": False, "cancelled": False, "returns": {}, **order}
    known["lines"] = units(told["lines"])
    if entry["topic"] == "order.created":
        known["placed"] = True
    elif entry["topic"] == "order.cancelled":
        known["cancelled"] = True
    elif entry["topic"] == "order.returned":
        back = {"restock": told["return"]["restock"], "lines": units(told["return"]["lines"])}
        known["returns"] = {**known["returns"], told["return"]["return_id"]: back}
    return known


def units(lines: list[dict[str, Any]]) -> Units:
    """By SKU, over all lines."""
    total: Units = {}
    for line in lines:
        total[line["sku"]] = total.get(line["sku"], 0) + line["quantity"]
    return total


def effect(order: dict[str, Any]) -> Units:
    """The change of stock that the order as a whole calls for: below zero for what is sold and not back."""
    if not order["placed"]:
        return {}
    total = {sku: 0 if order["cancelled"] else -quantity for sku, quantity in order["lines"].items()}
    for back in order["returns"].values():
        # A cancellation gives back what was not returned before; a return gives back what goes on the shelf.
        sign = int(back["restock"]) - int(order["cancelled"])
        for sku, quantity in back["lines"].items():
            total[sku] = total.get(sku, 0) + sign * quantity
    return total


def difference(wanted: Units, written: Units) -> Units:
    """What is still to be written."""
    deltas = {sku: wanted.get(sku, 0) - written.get(sku, 0) for sku in {**wanted, **written}}
    return {sku: delta for sku, delta in deltas.items() if delta}
