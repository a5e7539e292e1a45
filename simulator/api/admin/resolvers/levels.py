"""Mutations on where an item is stocked: inventoryActivate, inventoryDeactivate and inventoryMoveQuantities.

A move is between two states of stock at one location. Shopify refuses one between two locations, and the states besides
available and on hand are not played, so no move is executed.
"""

from typing import Any, Final

import msgspec

from stockstorm.simulator.api.admin.base.call import Arguments, Call, Resolver
from stockstorm.simulator.api.admin.base.views import InventoryPayload, UserError, number_of, parse_location
from stockstorm.simulator.api.admin.resolvers.adjustments import executed_once
from stockstorm.simulator.api.admin.resolvers.quantity_rules import ADJUSTABLE
from stockstorm.simulator.api.admin.resolvers.stock import item_of, named_level
from stockstorm.simulator.api.not_played import not_played
from stockstorm.simulator.limits import QUANTITY_MAX
from stockstorm.simulator.model import Level
from stockstorm.simulator.world import LevelSet

ACTIVE: Final = "Not allowed to set available quantity when the item is already active at the location."
NO_ITEM: Final = "The product couldn't be stocked because it wasn't found."
NO_LOCATION: Final = "The product couldn't be stocked because the location wasn't found."
NO_LEVEL: Final = "The product couldn't be unstocked because the product was deleted."
LAST: Final = (
    "The product couldn't be unstocked from {} because products need to be stocked at a minimum of 1 location."
)
COMMITTED: Final = "The product couldn't be unstocked from {} because it has committed inventory there."


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
    return ActivatePayload(None if done.errors else _level_at(arguments, call), done.errors)


def _level_at(arguments: Arguments, call: Call) -> Level | None:
    item, location = item_of(arguments["inventoryItemId"], call), parse_location(arguments["locationId"])
    return None if item is None or location is None else call.world.level(item.inventory_item_id, location)


def _activation_errors(arguments: Arguments, call: Call) -> list[UserError]:
    errors: list[UserError] = []
    if item_of(arguments["inventoryItemId"], call) is None:
        errors.append(UserError(("inventoryItemId",), NO_ITEM))
    if parse_location(arguments["locationId"]) not in call.state.locations:
        errors.append(UserError(("locationId",), NO_LOCATION))
    for name in ("available", "onHand"):
        amount = arguments.get(name)
        if amount is not None and abs(amount) > QUANTITY_MAX:
            errors.append(UserError((name,), f"The quantity can't be higher than {QUANTITY_MAX:,}."))
        elif amount is not None and not errors and _level_at(arguments, call) is not None:
            errors.append(UserError((name,), ACTIVE))
    return errors


def _activate(arguments: Arguments, call: Call) -> None:
    item, location = item_of(arguments["inventoryItemId"], call), parse_location(arguments["locationId"])
    if item is None or location is None:
        return
    call.changed(call.world.connect(item.inventory_item_id, location, now_ns=call.now_ns))
    amount = arguments.get("available")
    amount = arguments.get("onHand") if amount is None else amount
    if amount:
        sets = [LevelSet(item.inventory_item_id, location, amount, None)]
        call.changed(call.world.set_available(sets, reference="", request=call.request, now_ns=call.now_ns))


def deactivate(_source: None, arguments: Arguments, call: Call) -> InventoryPayload:
    """Stocks an item at a location no longer. Its available units there are gone."""
    level = named_level(arguments["inventoryLevelId"], call)
    if level is None:
        return _refused(UserError(("inventoryLevelId",), NO_LEVEL), call)
    name = f"Warehouse {call.state.locations[level.location_id].index}"
    if len(call.world.levels(level.inventory_item_id)) == 1:
        return _refused(UserError(("inventoryLevelId",), LAST.format(name)), call)
    if level.committed:
        return _refused(UserError(("inventoryLevelId",), COMMITTED.format(name)), call)
    item, location = level.inventory_item_id, level.location_id
    call.changed(call.world.disconnect(item, location, request=call.request, now_ns=call.now_ns))
    return InventoryPayload()


def _refused(error: UserError, call: Call) -> InventoryPayload:
    call.refuse([error.message])
    return InventoryPayload(errors=(error,))


def move(_source: None, arguments: Arguments, call: Call) -> InventoryPayload:
    """Refuses what Shopify refuses. What it would execute needs a state that is not played."""

    def execute() -> InventoryPayload:
        errors = [error for index, row in enumerate(given["changes"]) for error in _move_errors(index, row, call)]
        if not errors:
            states = (row[side]["name"] for row in given["changes"] for side in ("from", "to"))
            raise not_played("state", next(name for name in states if name != "available"))
        call.refuse(error.message for error in errors)
        return InventoryPayload(errors=tuple(errors))

    given: dict[str, Any] = arguments["input"]
    call.rows += len(given["changes"])
    return executed_once("inventoryMoveQuantities", given, arguments, call, execute)


def _move_errors(index: int, row: dict[str, Any], call: Call) -> list[UserError]:
    path, sides = ("input", "changes", str(index)), (row["from"], row["to"])
    errors: list[UserError] = []
    if item_of(row["inventoryItemId"], call) is None:
        text = "The specified inventory item could not be found."
        errors.append(UserError((*path, "inventoryItemId"), text, "INVALID_INVENTORY_ITEM"))
    if row["quantity"] < 0:
        errors.append(UserError((*path, "quantity"), "The quantity can't be negative.", "INVALID_QUANTITY_NEGATIVE"))
    for side, end in zip(("from", "to"), sides, strict=True):
        if number_of("Location", end["locationId"]) not in call.state.locations:
            text = "The specified location could not be found."
            errors.append(UserError((*path, side, "locationId"), text, "INVALID_LOCATION"))
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
