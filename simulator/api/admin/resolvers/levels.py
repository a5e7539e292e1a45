"""Mutations on where an item is stocked: inventoryActivate, inventoryDeactivate and inventoryMoveQuantities.

A move is between two states of stock at one location. Shopify refuses one between two locations.
"""

from collections.abc import Iterator
from typing import Any, Final, Literal

import msgspec

from stockstorm.simulator.api.admin.base.call import Arguments, Call, Resolver
from stockstorm.simulator.api.admin.base.other_stock import OtherState
from stockstorm.simulator.api.admin.base.views import (
    AdjustmentGroup,
    InventoryPayload,
    UserError,
    number_of,
    parse_location,
)
from stockstorm.simulator.api.admin.resolvers.adjustments import executed_once
from stockstorm.simulator.api.admin.resolvers.quantity_rules import (
    ADJUSTABLE,
    NOT_STOCKED,
    header_errors,
    is_not_stocked,
)
from stockstorm.simulator.api.admin.resolvers.stock import deactivation_alert, item_of, named_level
from stockstorm.simulator.limits import QUANTITY_MAX
from stockstorm.simulator.model import Level
from stockstorm.simulator.world import LevelChange, LevelSet

ACTIVE: Final = {
    "available": "Not allowed to set available quantity when the item is already active at the location.",
    "onHand": "Not allowed to set an on_hand quantity when the item is already active at the location.",
}
BOTH: Final = "not allowed to set available and on_hand quantities at the same time."
TOO_FAR: Final = "the quantity needs to be between -1 billion and 1 billion."
NO_ITEM: Final = "The product couldn't be stocked because it wasn't found."
NO_LOCATION: Final = "The product couldn't be stocked because the location wasn't found."
NO_LEVEL: Final = "The product couldn't be unstocked because the product was deleted."
STALE: Final = "The changeFromQuantity argument no longer matches the persisted quantity."


class ActivatePayload(msgspec.Struct, frozen=True):
    """The payload of inventoryActivate."""

    level: Level | None = None
    errors: tuple[UserError, ...] = ()


def activate(_source: None, arguments: Arguments, call: Call) -> ActivatePayload:
    """Stocks an item at a location. A repeated key shows the level as it is."""

    def execute() -> InventoryPayload:
        errors = _activation_errors(arguments, call)
        if errors:
            call.refuse(error.message for error in errors)
            return InventoryPayload(errors=tuple(errors))
        _activate(arguments, call)
        return InventoryPayload()

    given = {name: arguments.get(name) for name in ("available", "inventoryItemId", "locationId", "onHand")}
    done = executed_once("inventoryActivate", given, arguments, call, execute)
    return ActivatePayload(_level_at(arguments, call), done.errors)


def _level_at(arguments: Arguments, call: Call) -> Level | None:
    item, location = item_of(arguments["inventoryItemId"], call), parse_location(arguments["locationId"])
    return None if item is None or location is None else call.world.level(item.inventory_item_id, location)


def _activation_errors(arguments: Arguments, call: Call) -> list[UserError]:
    errors: list[UserError] = []
    if item_of(arguments["inventoryItemId"], call) is None:
        errors.append(UserError(("inventoryItemId",), NO_ITEM))
    if parse_location(arguments["locationId"]) not in call.state.locations:
        errors.append(UserError(("locationId",), NO_LOCATION))
    return errors or [UserError((name,), text) for name, text in _amount_errors(arguments, call)]


def _amount_errors(arguments: Arguments, call: Call) -> Iterator[tuple[str, str]]:
    """What is wrong with the units of a known item and location, with the recorded texts, by argument."""
    given = {name: units for name in ("available", "onHand") if (units := arguments.get(name)) is not None}
    index = call.state.locations[number_of("Location", arguments["locationId"]) or 0].index
    for name, units in given.items():
        if _level_at(arguments, call) is not None:
            yield name, ACTIVE[name]
        elif len(given) > 1 or abs(units) > QUANTITY_MAX:
            reason = BOTH if len(given) > 1 else TOO_FAR
            yield name, f"The product couldn't be stocked at Warehouse {index} because {reason}"


def _activate(arguments: Arguments, call: Call) -> None:
    item, location = item_of(arguments["inventoryItemId"], call), parse_location(arguments["locationId"])
    if item is None or location is None:
        return
    place = item.inventory_item_id, location
    kept = call.state.other_stock.take_back(place) if call.world.level(*place) is None else 0
    call.changed(call.world.connect(*place, now_ns=call.now_ns))
    amount = arguments.get("available")
    amount = arguments.get("onHand") if amount is None else amount
    if amount is None and call.in_force("inactive levels keep their units"):
        amount = kept
    if amount:
        sets = [LevelSet(*place, amount, None)]
        call.changed(call.world.set_available(sets, reference="", request=call.request, now_ns=call.now_ns))


def deactivate(_source: None, arguments: Arguments, call: Call) -> InventoryPayload:
    """Stocks an item at a location no longer. Its available units there can be sold no longer.

    Since 2026-04 they are kept for the day on which the item is activated there again. Before, they are gone.
    """
    level = named_level(arguments["inventoryLevelId"], call)
    if level is None:
        return _refused(UserError(("inventoryLevelId",), NO_LEVEL), call)
    if (alert := deactivation_alert(level, call)) is not None:
        return _refused(UserError(("inventoryLevelId",), alert), call)
    item, location = level.inventory_item_id, level.location_id
    call.state.other_stock.keep(
        (item, location), level.available if call.in_force("inactive levels keep their units") else 0
    )
    call.changed(call.world.disconnect(item, location, request=call.request, now_ns=call.now_ns))
    return InventoryPayload()


def _refused(error: UserError, call: Call) -> InventoryPayload:
    call.refuse([error.message])
    return InventoryPayload(errors=(error,))


def move(_source: None, arguments: Arguments, call: Call) -> InventoryPayload:
    """Moves quantities from one state to another, all rows or none. What is on hand stays."""
    given: dict[str, Any] = arguments["input"]
    call.rows += len(given["changes"])

    def execute() -> InventoryPayload:
        errors = header_errors(given)
        errors += [error for index, row in enumerate(given["changes"]) for error in _move_errors(index, row, call)]
        errors = errors or _stale_moves(given["changes"], call)
        if errors:
            call.refuse(error.message for error in errors)
            return InventoryPayload(errors=tuple(errors))
        return InventoryPayload(_moved(given, call))

    return executed_once("inventoryMoveQuantities", given, arguments, call, execute)


Terminal = tuple[tuple[int, int], Literal["available"] | OtherState]  # item and location, state


def _terminals(row: dict[str, Any], call: Call) -> tuple[Terminal, Terminal]:
    """Where a checked row moves from, and where to."""
    product, location = item_of(row["inventoryItemId"], call), parse_location(row["from"]["locationId"])
    if product is None or location is None:
        raise LookupError(f"no level for {row['inventoryItemId']}")
    place = product.inventory_item_id, location
    return (place, row["from"]["name"]), (place, row["to"]["name"])


def _units(terminal: Terminal, call: Call) -> int:
    place, state = terminal
    if state != "available":
        return call.state.other_stock.of(place, state)
    level = call.world.level(*place)
    return 0 if level is None else level.available


def _stale_moves(rows: list[dict[str, Any]], call: Call) -> list[UserError]:
    """A row sees what earlier ones moved."""
    units: dict[Terminal, int] = {}
    for index, row in enumerate(rows):
        sides = zip(("from", "to"), _terminals(row, call), (-row["quantity"], row["quantity"]), strict=True)
        for side, terminal, delta in sides:
            there = units.get(terminal, _units(terminal, call))
            if (expected := row[side].get("changeFromQuantity")) is not None and expected != there:
                path = ("input", "changes", str(index), side, call.options.stale_field)
                return [UserError(path, STALE, "CHANGE_FROM_QUANTITY_STALE")]
            units[terminal] = there + delta
    return []


def _moved(given: dict[str, Any], call: Call) -> AdjustmentGroup | None:
    steps: list[tuple[Terminal, int]] = []
    for row in given["changes"]:
        source, target = _terminals(row, call)
        steps += [(source, -row["quantity"]), (target, row["quantity"])] if row["quantity"] else []
    for (place, state), delta in steps:
        if state != "available":
            call.state.other_stock.put(state, {place: call.state.other_stock.of(place, state) + delta})
    changes = [
        LevelChange(*place, delta, None, connects=True) for (place, state), delta in steps if state == "available"
    ]
    if changes:
        reference = given["referenceDocumentUri"]
        call.changed(call.world.adjust(changes, reference=reference, request=call.request, now_ns=call.now_ns))
    if not steps:
        return None
    call.state.groups += 1
    items, locations = zip(*(place for (place, _), _ in steps), strict=True)
    deltas, names = tuple([delta for _, delta in steps]), tuple([state for (_, state), _ in steps])
    return AdjustmentGroup(
        call.state.groups,
        call.now_ns,
        given["reason"],
        given["referenceDocumentUri"],
        items,
        deltas,
        locations,
        names=names,
    )


def _move_errors(index: int, row: dict[str, Any], call: Call) -> list[UserError]:
    path, sides = ("input", "changes", str(index)), (row["from"], row["to"])
    errors: list[UserError] = []
    if (product := item_of(row["inventoryItemId"], call)) is None:
        text = "The specified inventory item could not be found."
        errors.append(UserError((*path, "inventoryItemId"), text, "INVALID_INVENTORY_ITEM"))
    if row["quantity"] < 0:
        errors.append(UserError((*path, "quantity"), "The quantity can't be negative.", "INVALID_QUANTITY_NEGATIVE"))
    for side, end in zip(("from", "to"), sides, strict=True):
        if number_of("Location", end["locationId"]) not in call.state.locations:
            text = "The specified location could not be found."
            errors.append(UserError((*path, side, "locationId"), text, "INVALID_LOCATION"))
        elif product is not None and is_not_stocked(product, parse_location(end["locationId"]), call):
            errors.append(UserError((*path, side, "locationId"), NOT_STOCKED, "ITEM_NOT_STOCKED_AT_LOCATION"))
        if end["name"] not in ADJUSTABLE:
            text = "The specified quantity name is invalid."
            errors.append(UserError((*path, side, "name"), text, "INVALID_QUANTITY_NAME"))
    if sides[0]["locationId"] != sides[1]["locationId"]:
        text = "The quantities can't be moved between different locations."
        errors.append(UserError(path, text, "DIFFERENT_LOCATIONS"))
    if sides[0]["name"] == sides[1]["name"]:
        text = "The quantity names for each change can't be the same."
        errors.append(UserError(path, text, "SAME_QUANTITY_NAME"))
    return errors


ACTIVATE_PAYLOAD: dict[str, Resolver] = {
    "inventoryLevel": lambda payload, _arguments, _call: payload.level,
    "userErrors": lambda payload, _arguments, _call: payload.errors,
}
