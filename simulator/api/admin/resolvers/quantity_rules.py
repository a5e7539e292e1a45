"""The checks of the mutations of quantities, with the texts and codes of recordings.

An error refuses the whole batch. The answer lists all errors of a batch. Indexes in a user error's field are strings.
"""

import re
from collections import Counter
from typing import Any, Final, NamedTuple

import msgspec

from stockstorm.simulator.api.admin.base.call import Call
from stockstorm.simulator.api.admin.base.other_stock import OTHER_STATES
from stockstorm.simulator.api.admin.base.views import REASONS, UserError, parse_location
from stockstorm.simulator.api.admin.resolvers.stock import item_of
from stockstorm.simulator.limits import QUANTITY_MAX
from stockstorm.simulator.model import Product

NOT_STOCKED: Final = "The inventory item is not stocked at the location."  # until 2026-07
DELTA_MAX: Final = 2_000_000_000  # from the schema's description; set quantities have QUANTITY_MAX
ADJUSTABLE: Final = ("available", *OTHER_STATES)
_URI: Final = re.compile(r"[a-z][a-z0-9+.-]*:\S+", re.IGNORECASE)
_NOT_COMPARED: Final = (
    "The compareQuantity argument must be given to each quantity or ignored using ignoreCompareQuantity."
)
_ONE: Final = (
    "All changes must have the same ledger document URI or, in the case of adjusting available, no ledger document URI."
)
_DUPLICATE: Final = "The combination of inventoryItemId and locationId must be unique."


class Kind(msgspec.Struct, frozen=True):
    """The names in one of these mutations."""

    operation: str
    rows_field: str
    row_type: str
    amount_field: str
    stale_text: str


ADJUST: Final = Kind(
    "inventoryAdjustQuantities",
    "changes",
    "InventoryChangeInput",
    "delta",
    "The changeFromQuantity argument no longer matches the persisted quantity.",
)
SET: Final = Kind(
    "inventorySetQuantities",
    "quantities",
    "InventoryQuantityInput",
    "quantity",
    "The changeFromQuantity value does not match persisted value.",
)


SET_ON_HAND: Final = Kind(
    "inventorySetOnHandQuantities",
    "setQuantities",
    "InventorySetQuantityInput",
    "quantity",
    "The changeFromQuantity argument no longer matches the persisted quantity.",
)


class Row(NamedTuple):
    """One row of a batch, with a known item and location. `connects`: the item is not stocked there yet."""

    product: Product
    location_id: int
    amount: int
    change_from: int | None
    connects: bool


def checked_rows(kind: Kind, given: dict[str, Any], call: Call) -> tuple[list[Row], list[UserError]]:
    """The rows of a batch and its errors. `given` is the coerced input."""
    errors = _name_errors(kind, given["name"]) + header_errors(given)
    rows: list[Row] = []
    for index, row in enumerate(given[kind.rows_field]):
        product, location = item_of(row["inventoryItemId"], call), parse_location(row["locationId"])
        amount = row[kind.amount_field]
        stocked = None if product is None or location is None else call.world.level(product.inventory_item_id, location)
        documented = row.get("ledgerDocumentUri") or (kind is ADJUST and given["name"] in OTHER_STATES)
        if stocked is None or documented or abs(amount) > QUANTITY_MAX:
            errors += _row_errors(kind, index, row, product, call)
            errors += _document_errors(given, index) if documented else []
        if product is not None and location in call.state.locations:
            rows.append(Row(product, location, amount, comparison_of(given, row), stocked is None))
    if kind is not ADJUST:
        errors += _set_errors(kind, given)
    return rows, errors


def comparison_of(given: dict[str, Any], row: dict[str, Any]) -> int | None:
    """The quantity with which a row is compared, whichever the version calls it. None: with none."""
    if "changeFromQuantity" in row:
        number: int | None = row["changeFromQuantity"]
        return number
    return None if given.get("ignoreCompareQuantity") else row.get("compareQuantity")


def _name_errors(kind: Kind, name: str) -> list[UserError]:
    path = ("input", "name")
    if kind is not ADJUST:
        text = "The quantity name must be either 'available' or 'on_hand'."
        return [] if name in ("available", "on_hand") else [UserError(path, text, "INVALID_NAME")]
    if name not in ADJUSTABLE:
        text = f"The specified quantity name is invalid. Valid values are: {', '.join(ADJUSTABLE)}."
        return [UserError(path, text, "INVALID_QUANTITY_NAME")]
    return []


def header_errors(given: dict[str, Any]) -> list[UserError]:
    errors: list[UserError] = []
    if given["reason"] not in REASONS:
        text = f"The specified reason is invalid. Valid values are: {', '.join(REASONS)}."
        errors.append(UserError(("input", "reason"), text, "INVALID_REASON"))
    reference = given.get("referenceDocumentUri")
    if reference is not None and not _URI.fullmatch(reference):
        text = "The specified reference document is invalid."
        errors.append(UserError(("input", "referenceDocumentUri"), text, "INVALID_REFERENCE_DOCUMENT"))
    return errors


def _row_errors(kind: Kind, index: int, row: dict[str, Any], product: Product | None, call: Call) -> list[UserError]:
    path = ("input", kind.rows_field, str(index))
    location = parse_location(row["locationId"])
    errors: list[UserError] = []
    if product is None:
        text = "The specified inventory item could not be found."
        errors.append(UserError((*path, "inventoryItemId"), text, "INVALID_INVENTORY_ITEM"))
    if location not in call.state.locations:
        text = "The specified location could not be found."
        errors.append(UserError((*path, "locationId"), text, "INVALID_LOCATION"))
    elif product is not None and is_not_stocked(product, location, call):
        errors.append(UserError((*path, "locationId"), NOT_STOCKED, "ITEM_NOT_STOCKED_AT_LOCATION"))
    return errors + _amount_errors(kind, (*path, kind.amount_field), row[kind.amount_field])


def _document_errors(given: dict[str, Any], index: int) -> list[UserError]:
    """The rules of ledger documents: none for what is available, one and the same for any other state."""
    uri = given["changes"][index].get("ledgerDocumentUri")
    path = ("input", "changes", str(index), "ledgerDocumentUri")
    if given["name"] not in OTHER_STATES:
        text = "A ledger document URI is not allowed when adjusting available."
        return [UserError(path, text, "INVALID_AVAILABLE_DOCUMENT")]
    if not uri:
        text = "A ledger document URI is required except when adjusting available."
        return [UserError(path, text, "INVALID_QUANTITY_DOCUMENT")]
    if uri.startswith("gid://shopify/"):
        text = "Internal (gid://shopify/) ledger documents are not allowed to be adjusted via API."
        return [UserError(path, text, "INTERNAL_LEDGER_DOCUMENT")]
    if not _URI.fullmatch(uri):
        return [UserError(path, "The specified ledger document is invalid.", "INVALID_LEDGER_DOCUMENT")]
    same = uri == given["changes"][0].get("ledgerDocumentUri")
    return [] if same else [UserError(path, _ONE, "MAX_ONE_LEDGER_DOCUMENT")]


def total_error(path: tuple[str, ...], total: int) -> UserError | None:
    """What a quantity may not become."""
    return next(iter(_amount_errors(SET, path, total)), None)


def is_not_stocked(product: Product, location: int | None, call: Call) -> bool:
    """Whether that is an error. The newest versions stock an item wherever it is adjusted."""
    if location is None or not call.in_force("stocked items only"):
        return False
    return call.world.level(product.inventory_item_id, location) is None


def _amount_errors(kind: Kind, path: tuple[str, ...], amount: int) -> list[UserError]:
    limit = DELTA_MAX if kind is ADJUST else QUANTITY_MAX
    if amount > limit:
        return [UserError(path, f"The quantity can't be higher than {limit:,}.", "INVALID_QUANTITY_TOO_HIGH")]
    if amount < -limit:
        return [UserError(path, f"The quantity can't be lower than -{limit:,}.", "INVALID_QUANTITY_TOO_LOW")]
    return []


def _set_errors(kind: Kind, given: dict[str, Any]) -> list[UserError]:
    """Errors for duplicate rows, one for each of them, for an on_hand below zero, and for a comparison that lacks.

    Whether changeFromQuantity may lack was checked before.
    """
    rows = given[kind.rows_field]
    pairs = Counter((row["inventoryItemId"], row["locationId"]) for row in rows)
    errors: list[UserError] = []
    for index, row in enumerate(rows):
        path = ("input", kind.rows_field, str(index))
        is_compared = "changeFromQuantity" in row or row.get("compareQuantity") is not None
        if kind is SET and not is_compared and not given.get("ignoreCompareQuantity"):
            errors.append(UserError((*path, "compareQuantity"), _NOT_COMPARED, "COMPARE_QUANTITY_REQUIRED"))
        if kind is SET and pairs[row["inventoryItemId"], row["locationId"]] > 1:
            code = "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"
            errors.append(UserError((*path, "locationId"), _DUPLICATE, code))
        if given["name"] == "on_hand" and row["quantity"] < 0:
            text = "The quantity can't be negative."
            errors.append(UserError((*path, "quantity"), text, "INVALID_QUANTITY_NEGATIVE"))
    return errors
