"""Causes that are consequences: all that they cover concerns items, or listings, that an earlier cause explains.

Events of items that the service never learned of have no effect and their listings lack changes, so they look lost by
chance, or by their topic. An event of a level whose change no listing ever showed looks lost, and is the same finding
as the listing that lacks it. That events count twice, with nothing in common, says less than a cause that tells why.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from stockstorm.reports.diagnosis.applied_twice import NOTHING_IN_COMMON
from stockstorm.reports.diagnosis.case import Found
from stockstorm.reports.history import History
from stockstorm.reports.history.deliveries import INVENTORY_TOPIC

UNREAD: Final = "catalogue_cut"
NEARLY_ALL: Final = 0.9
SKU, EVENT, LISTING = "sku", "event", "listing"  # the first words of keys
DOUBLE: Final = frozenset({"exact_units", "failures_forgotten", "order_arithmetic"})  # by which units count twice
OF_LEVELS: Final = frozenset({"lost_events", "lost_alone"})  # causes that can be about levels alone


def without_consequences(found: Sequence[Found], history: History) -> list[Found]:
    """The same without those that say only again that items were not read, or that listings are wrong."""
    found = [one for one in found if not _is_named_by_others(one, found)]
    unread = {key.removeprefix(f"{SKU} ") for one in found if one.diagnosis.name == UNREAD for key in one.covers}
    if unread:
        found = [one for one in found if one.diagnosis.name == UNREAD or not _only_of(one, unread, history)]
    kept = list[Found]()
    for one in found:
        cause = _of_listings(one, kept, history) if one.diagnosis.name in OF_LEVELS else None
        if cause is None:
            kept.append(one)
        else:
            kept[cause] = _explains_too(kept[cause], one)
    return kept


def _is_named_by_others(one: Found, found: Sequence[Found]) -> bool:
    """Whether it only says that events count twice, and another cause says of what that is a consequence."""
    if not one.diagnosis.cause.endswith(NOTHING_IN_COMMON):
        return False
    return any(
        other.diagnosis.name in DOUBLE and set(one.diagnosis.explains) <= set(other.diagnosis.explains)
        for other in found
    )


def _of_listings(one: Found, before: Sequence[Found], history: History) -> int | None:
    """The place of an earlier cause whose listings show that the levels of these events reached none of them."""
    numbers = [int(key.removeprefix(f"{EVENT} ")) for key in one.covers if key.startswith(f"{EVENT} ")]
    events = [history.deliveries.events.get(number) for number in numbers]
    skus = {event.sku for event in events if event is not None and event.topic == INVENTORY_TOPIC}
    if not skus or not all(event is not None and event.topic == INVENTORY_TOPIC for event in events):
        return None
    for place, other in enumerate(before):
        listed = {key.split(" ", 2)[2] for key in other.covers if key.startswith(f"{LISTING} ")}
        if len(skus & listed) >= NEARLY_ALL * len(skus):  # a few listings are wrong by chance as if by another cause
            return place
    return None


def _explains_too(cause: Found, one: Found) -> Found:
    explains = tuple(dict.fromkeys((*cause.diagnosis.explains, *one.diagnosis.explains)))
    return cause._replace(diagnosis=msgspec.structs.replace(cause.diagnosis, explains=explains))


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
