"""What a marketplace's order means for the stock, from all that is known of it.

Notifications come twice, late, and in any order. So each one only adds to what is known, and what Shopify must be told
is what the order means now less what was booked before. A repeated notification then changes nothing.
"""

from collections import Counter
from typing import Any

Order = dict[str, Any]
Units = dict[str, int]

UNITS_MAX = 100_000


def add(order: Order, topic: str, told: dict[str, Any]) -> Order:
    """The order with what a notification tells. Raises ValueError or similar for what nobody can process."""
    known = {"placed": False, "cancelled": False, "returns": {}, **order, "lines": units(told["lines"])}
    if topic == "order.created":
        known["placed"] = True
    elif topic == "order.cancelled":
        known["cancelled"] = True
    elif topic == "order.returned":
        back = told["return"]
        returned = {"restock": back["restock"], "lines": units(back["lines"])}
        known["returns"] = {**known["returns"], back["return_id"]: returned}
    return known


def units(lines: list[dict[str, Any]]) -> Units:
    """By SKU. Two lines can have the same one."""
    total: Counter[str] = Counter()
    for line in lines:
        quantity = line["quantity"]
        if not isinstance(quantity, int) or not 0 < quantity <= UNITS_MAX:
            raise ValueError(f"quantity {quantity!r}")
        total[line["sku"]] += quantity
    return dict(total)


def effect(order: Order) -> Units:
    """Units by SKU that the stock must change by, sale and all. Empty when nothing must."""
    total: Counter[str] = Counter()
    if not order["placed"]:
        return {}
    if not order["cancelled"]:
        total.subtract(order["lines"])
    for back in order["returns"].values():
        if back["restock"] and not order["cancelled"]:
            total.update(back["lines"])
        if not back["restock"] and order["cancelled"]:
            total.subtract(back["lines"])  # a cancellation gives back what was not returned before
    return {sku: delta for sku, delta in total.items() if delta}


def references(name: str, order: Order) -> list[str]:
    """What Stockstorm's report, and your own log, can know the booking by."""
    parts = [name] + [f"{name}:returned:{return_id}" for return_id, back in order["returns"].items() if back["restock"]]
    return parts + [f"{name}:cancelled"] * order["cancelled"]
