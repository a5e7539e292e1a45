"""The mutations that adjust or set quantities: executed once per idempotency key, with all rows or none.

A repeated key changes nothing. The answer shows the group of the first operation, with the current levels. Whether a
key is required, and what a row is compared with, depends on the version (`simulator.versions`).
"""

from collections.abc import Callable
from typing import Any, Final

from graphql import GraphQLError

from stockstorm.simulator.api.admin.base.call import IDEMPOTENCY_KEY, Arguments, Call, Resolver
from stockstorm.simulator.api.admin.base.idempotency import Remembered, fingerprint
from stockstorm.simulator.api.admin.base.other_stock import ON_HAND
from stockstorm.simulator.api.admin.base.problems import bad_request
from stockstorm.simulator.api.admin.base.views import (
    AdjustmentGroup,
    Change,
    InventoryPayload,
    QuantityName,
    Reason,
    UserError,
    gid,
)
from stockstorm.simulator.api.admin.resolvers.quantity_rules import (
    ADJUST,
    SET,
    SET_ON_HAND,
    Kind,
    Row,
    checked_rows,
    total_error,
)
from stockstorm.simulator.history.facts import StockChanged
from stockstorm.simulator.limits import IDEMPOTENCY_KEY_MAX
from stockstorm.simulator.world import Changes, LevelChange, LevelSet, StaleQuantity

_MISMATCH: Final = "The same idempotency key cannot be used with different operation parameters."
_IN_PROGRESS: Final = "This request is currently in progress, please try again."
_FAILED: Final = "A previous request with this idempotency key failed. Retry with a new idempotency key."


def adjust_quantities(_source: None, arguments: Arguments, call: Call) -> InventoryPayload:
    return _mutate(ADJUST, arguments, call)


def set_quantities(_source: None, arguments: Arguments, call: Call) -> InventoryPayload:
    return _mutate(SET, arguments, call)


def set_on_hand_quantities(_source: None, arguments: Arguments, call: Call) -> InventoryPayload:
    given: dict[str, Any] = arguments["input"]
    return _mutate(SET_ON_HAND, {**arguments, "input": {**given, "name": "on_hand"}}, call)


def _mutate(kind: Kind, arguments: Arguments, call: Call) -> InventoryPayload:
    given: dict[str, Any] = arguments["input"]
    call.rows += len(given[kind.rows_field])
    return executed_once(kind.operation, given, arguments, call, lambda: _execute(kind, given, call), kind)


def executed_once(
    operation: str,
    given: dict[str, Any],
    arguments: Arguments,
    call: Call,
    execute: Callable[[], InventoryPayload],
    compares: Kind | None = None,
) -> InventoryPayload:
    """The payload of a mutation, executed once per idempotency key. `given`: what a repeated key must repeat.

    `compares`: the kind of a mutation whose rows must say what they are compared with.
    """
    key = arguments.get(IDEMPOTENCY_KEY)
    if key is None and call.in_force("@idempotent required"):
        raise bad_request("The @idempotent directive is required for this mutation but was not provided.")
    call.key = "" if key is None else _good(key)
    if compares is not None and call.in_force("changeFromQuantity required"):
        _require_comparison(compares, given)
    if key is None:
        return execute()
    mark = fingerprint(operation, given)
    if call.state.keys.in_progress(key, call.now_ns):
        payload = _refused([UserError(None, _IN_PROGRESS, "IDEMPOTENCY_CONCURRENT_REQUEST")], call)
        call.outcome = "in_progress"
        return payload
    before = call.state.keys.recall(key, call.now_ns)
    if before is not None and not (before.failed and call.options.retry_failed_key):
        return _replay(before, mark, call)
    payload = execute()
    call.state.keys.remember(key, Remembered(mark, payload.group, bool(payload.errors), call.now_ns))
    return payload


def _good(key: str) -> str:
    if not key.strip():
        raise bad_request("The idempotency key cannot be blank.")
    if len(key) > IDEMPOTENCY_KEY_MAX:
        raise bad_request(f"The idempotency key is {len(key)} characters long, the maximum is {IDEMPOTENCY_KEY_MAX}.")
    return key


def _require_comparison(kind: Kind, given: dict[str, Any]) -> None:
    """Every row must have changeFromQuantity. Null skips the comparison."""
    for row in given[kind.rows_field]:
        if "changeFromQuantity" not in row:
            message = f"{kind.row_type} must include the following argument: changeFromQuantity."
            raise GraphQLError(message, extensions={"code": "INVALID_FIELD_ARGUMENTS"})


def _replay(before: Remembered[AdjustmentGroup | None], mark: bytes, call: Call) -> InventoryPayload:
    if before.fingerprint != mark:
        return _refused([UserError(None, _MISMATCH, "IDEMPOTENCY_KEY_PARAMETER_MISMATCH")], call)
    if before.failed:
        return _refused([UserError(None, _FAILED, "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED")], call)
    call.outcome = "replayed"
    return InventoryPayload(before.outcome)


def _refused(errors: list[UserError], call: Call) -> InventoryPayload:
    call.refuse(error.message for error in errors)
    return InventoryPayload(errors=tuple(errors))


def _execute(kind: Kind, given: dict[str, Any], call: Call) -> InventoryPayload:
    rows, errors = checked_rows(kind, given, call)
    if errors:
        return _refused(errors, call)
    reference = given.get("referenceDocumentUri")
    if kind is ADJUST and given["name"] != "available":
        return _adjust_other(given, rows, call)
    try:
        changes = _apply(kind, given["name"], rows, reference or "", call)
    except StaleQuantity as stale:
        return _refused([_stale(kind, given, stale.index, call)], call)
    call.changed(changes)
    return InventoryPayload(_group(changes, given["reason"], reference, call))


def _adjust_other(given: dict[str, Any], rows: list[Row], call: Call) -> InventoryPayload:
    """An adjustment of a state that nobody can buy from: all rows or none, without facts and events."""
    state, stock = given["name"], call.state.other_stock
    quantities: dict[tuple[int, int], int] = {}
    deltas: list[tuple[tuple[int, int], int]] = []
    for index, (product, location, delta, change_from, _) in enumerate(rows):
        place = product.inventory_item_id, location
        before = quantities.get(place, stock.of(place, state))
        if change_from is not None and change_from != before:
            return _refused([_stale(ADJUST, given, index, call)], call)
        if error := total_error(("input", "changes", str(index), "delta"), before + delta):
            return _refused([error], call)
        quantities[place] = before + delta
        deltas += [(place, delta)] if delta else []
    stock.put(state, quantities)
    if not deltas:
        return InventoryPayload()
    call.state.groups += 1
    items, locations = zip(*(place for place, _ in deltas), strict=True)
    group = AdjustmentGroup(
        call.state.groups,
        call.now_ns,
        given["reason"],
        given.get("referenceDocumentUri"),
        items,
        tuple([delta for _, delta in deltas]),
        locations,
        state,
    )
    return InventoryPayload(group)


def _stale(kind: Kind, given: dict[str, Any], index: int, call: Call) -> UserError:
    """The error of a comparison that failed, in the words of what the row was compared with."""
    path = ("input", kind.rows_field, str(index))
    if "changeFromQuantity" in given[kind.rows_field][index]:
        return UserError((*path, call.options.stale_field), kind.stale_text, "CHANGE_FROM_QUANTITY_STALE")
    text = "The compareQuantity value does not match persisted value."
    return UserError((*path, "compareQuantity"), text, "COMPARE_QUANTITY_STALE")


def _apply(kind: Kind, name: str, rows: list[Row], reference: str, call: Call) -> Changes:
    world, request, now_ns = call.world, call.request, call.now_ns
    if kind is ADJUST:
        deltas = [
            LevelChange(product.inventory_item_id, location, amount, change_from, connects)
            for product, location, amount, change_from, connects in rows
        ]
        return world.adjust(deltas, reference=reference, request=request, now_ns=now_ns)
    sets: list[LevelSet] = []
    for product, location, amount, change_from, connects in rows:
        # On hand is available, committed and the other states; a set of it changes available only.
        place = product.inventory_item_id, location
        level = world.level(*place) if name == "on_hand" else None
        others = 0 if level is None else level.committed + call.state.other_stock.on_hand(place)
        compared = None if change_from is None else change_from - others
        sets.append(LevelSet(*place, amount - others, compared, connects))
    return world.set_available(sets, reference=reference, request=request, now_ns=now_ns)


def _group(changes: Changes, reason: Reason, reference: str | None, call: Call) -> AdjustmentGroup | None:
    """The group of the ledger's entries. None if no level changed."""
    entries = [fact for fact in (*changes.facts, *changes.beside) if isinstance(fact, StockChanged)]
    if not entries:
        return None
    call.state.groups += 1
    items = tuple([entry.inventory_item_id for entry in entries])
    deltas = tuple([entry.delta for entry in entries])
    locations = tuple([entry.location_id for entry in entries])
    return AdjustmentGroup(call.state.groups, call.now_ns, reason, reference, items, deltas, locations)


def _changes(group: AdjustmentGroup, arguments: Arguments, call: Call) -> list[Change]:
    """The rows of a group. Each entry changed its state, and on_hand by the same delta where that counts the state."""
    on_hand: tuple[QuantityName, ...] = ("on_hand",) if group.name == "available" or group.name in ON_HAND else ()
    states: list[tuple[QuantityName, ...]] = [(name,) for name in group.names]
    states = states or [(group.name, *on_hand)] * len(group.items)
    rows = [
        Change(name, delta, call.catalogue.by_item[item], location)
        for item, delta, location, names in zip(group.items, group.deltas, group.locations, states, strict=True)
        for name in names
    ]
    items, locations, names = (arguments.get(name) for name in ("inventoryItemIds", "locationIds", "quantityNames"))
    if items is None and locations is None and names is None:
        return rows
    return [
        change
        for change in rows
        if (items is None or gid("InventoryItem", change.product.inventory_item_id) in items)
        and (locations is None or gid("Location", change.location_id) in locations)
        and (names is None or change.name in names)
    ]


PAYLOAD: dict[str, Resolver] = {
    "inventoryAdjustmentGroup": lambda payload, _arguments, _call: payload.group,
    "userErrors": lambda payload, _arguments, _call: payload.errors,
}
PLAIN_ERROR: dict[str, Resolver] = {
    "field": lambda error, _arguments, _call: error.field,
    "message": lambda error, _arguments, _call: error.message,
}
CODED_ERROR: dict[str, Resolver] = {**PLAIN_ERROR, "code": lambda error, _arguments, _call: error.code}
GROUP: dict[str, Resolver] = {
    "id": lambda group, _arguments, _call: gid("InventoryAdjustmentGroup", group.group_id),
    "createdAt": lambda group, _arguments, call: call.time_text(group.at_ns),
    "reason": lambda group, _arguments, _call: group.reason,
    "referenceDocumentUri": lambda group, _arguments, _call: group.reference,
    "changes": _changes,
}
CHANGE: dict[str, Resolver] = {
    "name": lambda change, _arguments, _call: change.name,
    "delta": lambda change, _arguments, _call: change.delta,
    "quantityAfterChange": lambda _change, _arguments, _call: None,  # as in the recordings
    "ledgerDocumentUri": lambda _change, _arguments, _call: None,
    "item": lambda change, _arguments, _call: change.product,
    "location": lambda change, _arguments, call: call.state.locations[change.location_id],
}
