"""Causes that are consequences: all that they cover concerns items that the service never learned of.

Events of such items have no effect and their listings lack changes, so they look lost by chance, or by their topic.
"""

from collections.abc import Sequence
from typing import Final

from stockstorm.reports.diagnosis.case import Found
from stockstorm.reports.history import History

UNREAD: Final = "catalogue_cut"
SKU, EVENT, LISTING = "sku", "event", "listing"  # the first words of keys


def without_consequences(found: Sequence[Found], history: History) -> list[Found]:
    """The same without those that say only again that items were not read."""
    unread = {key.removeprefix(f"{SKU} ") for one in found if one.diagnosis.name == UNREAD for key in one.covers}
    if not unread:
        return list(found)
    return [one for one in found if one.diagnosis.name == UNREAD or not _only_of(one, unread, history)]


def _only_of(one: Found, skus: set[str], history: History) -> bool:
    return bool(one.covers) and all(_concerns(key, skus, history) for key in one.covers)


def _concerns(key: str, skus: set[str], history: History) -> bool:
    kind, _, rest = key.partition(" ")
    if kind == LISTING:
        return rest.partition(" ")[2] in skus
    if kind != EVENT:
        return False
    event = history.deliveries.events.get(int(rest))
    if event is None:
        return False
    of_order = history.orders.by_order.get(event.order, ()) if event.order >= 0 else ()
    return event.sku in skus or any(effect.sku in skus for effect in of_order)
