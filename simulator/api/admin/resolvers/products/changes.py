"""productVariantsBulkUpdate and inventoryItemUpdate: the product as edited, and its webhooks.

A SKU cannot be renamed and tracking cannot end here, because history and judgement know an item by its SKU. Both are
refused as not played.
"""

import re
from typing import Any, Final

import msgspec

from stockstorm.simulator.api.admin.base.call import Arguments, Call, Resolver
from stockstorm.simulator.api.admin.base.views import ProductView, UserError, Variant, number_of
from stockstorm.simulator.api.admin.resolvers.products.index import index_of
from stockstorm.simulator.api.admin.resolvers.stock import item_of
from stockstorm.simulator.api.not_played import not_played
from stockstorm.simulator.events.encoding import minor_of
from stockstorm.simulator.model import Product
from stockstorm.simulator.shop.edits import changed

BARCODE_MAX: Final = 255  # characters
NO_COUNTRY: Final = "ZZ"  # a value of the schema that stands for none
_HARMONIZED: Final = re.compile(r"[0-9]{6,13}", re.ASCII)


class VariantsPayload(msgspec.Struct, frozen=True):
    """What productVariantsBulkUpdate answers."""

    product: ProductView | None = None
    variants: tuple[Variant, ...] | None = None
    errors: tuple[UserError, ...] = ()


class ItemPayload(msgspec.Struct, frozen=True):
    """What inventoryItemUpdate answers. A bare `Product` represents its inventory item."""

    item: Product | None = None
    errors: tuple[UserError, ...] = ()


def update_variants(_source: None, arguments: Arguments, call: Call) -> VariantsPayload:
    number = number_of("Product", arguments["productId"])
    product = None if number is None else index_of(call.state).by_product_id.get(number)
    if product is None:
        return _refused_variants([UserError(("productId",), "Product does not exist", "PRODUCT_DOES_NOT_EXIST")], call)
    call.rows += len(arguments["variants"])
    variants = {each.variant_id: each for each in index_of(call.state).variants_of(product)}
    new, errors = dict[int, Product](), list[UserError]()
    for index, given in enumerate(arguments["variants"]):
        where = ("variants", str(index))
        variant = variants.get(number_of("ProductVariant", given.get("id") or "") or 0)
        if variant is None:
            errors.append(_no_variant(given, where))
            continue
        values, found = _edits(given, variant, where)
        if not found:
            known = new.get(variant.variant_id, call.world.edits.of(variant))
            new[variant.variant_id] = msgspec.structs.replace(known, **values)
        errors += found
    partial = bool(arguments.get("allowPartialUpdates"))
    if errors and not (partial and new):
        return _refused_variants(errors, call)
    if errors:
        call.refuse(error.message for error in errors)
    _store([(variants[number], each) for number, each in new.items()], call)
    shown = tuple(Variant(variants[number]) for number in new) or (Variant(product),)
    return VariantsPayload(ProductView(product), shown, tuple(errors))


def _store(edited: list[tuple[Product, Product]], call: Call) -> None:
    """The new values of variants, each with the one of the catalogue, that differ from those until now."""
    new: list[Product] = []
    of_items: list[int] = []
    for first, each in edited:
        before = call.world.edits.of(first)
        if changed(before, msgspec.structs.asdict(each)):
            new.append(each)
        if changed(before, {name: getattr(each, name) for name in ITEM_FIELDS}):
            of_items.append(each.inventory_item_id)
    if new:
        call.changed(call.world.edit(new, of_items=of_items, now_ns=call.now_ns))


def _refused_variants(errors: list[UserError], call: Call) -> VariantsPayload:
    call.refuse(error.message for error in errors)
    return VariantsPayload(errors=tuple(errors))


def _no_variant(given: dict[str, Any], where: tuple[str, ...]) -> UserError:
    if given.get("id") is None:
        return UserError((*where, "id"), "Product variant is missing ID attribute", "PRODUCT_VARIANT_ID_MISSING")
    return UserError((*where, "id"), "Product variant does not exist", "PRODUCT_VARIANT_DOES_NOT_EXIST")


def _edits(given: dict[str, Any], product: Product, where: tuple[str, ...]) -> tuple[dict[str, Any], list[UserError]]:
    """The new values of one row, and what is wrong with it."""
    if given.get("inventoryPolicy") == "CONTINUE":
        raise not_played("use", "of inventoryPolicy CONTINUE (the store sells what is available)")
    values: dict[str, Any] = {}
    errors: list[UserError] = []
    for name, field in (("price", "price_minor"), ("compareAtPrice", "compare_at_minor")):
        if name in given and (given[name] is not None or name == "compareAtPrice"):
            minor = None if given[name] is None else minor_of(str(given[name]))
            if given[name] is not None and minor is None:
                errors.append(UserError((*where, name), f"{name} is not a number", "INVALID_INPUT"))
            elif minor is not None and minor < 0:
                text = "Price must be greater than or equal to 0"
                errors.append(UserError((*where, name), text, "GREATER_THAN_OR_EQUAL_TO"))
            else:
                values[field] = minor
    if "barcode" in given:
        values["barcode"] = given["barcode"] or None
        if len(given["barcode"] or "") > BARCODE_MAX:
            text = f"Barcode is too long (maximum is {BARCODE_MAX} characters)"
            errors.append(UserError((*where, "barcode"), text, "TOO_LONG"))
    if given.get("taxable") is not None:
        values["taxable"] = given["taxable"]
    item = given.get("inventoryItem")
    if item is not None:
        of_item, wrong = _item_edits(item, product, (*where, "inventoryItem"))
        values |= of_item
        errors += [UserError(each.field, each.message, "INVALID_INPUT") for each in wrong]
    return values, errors


def update_item(_source: None, arguments: Arguments, call: Call) -> ItemPayload:
    product = item_of(arguments["id"], call)
    if product is None:
        errors = [UserError(("id",), "The product couldn't be updated because it does not exist.")]
    else:
        values, errors = _item_edits(arguments["input"], product, ("input",))
    if product is None or errors:
        call.refuse(error.message for error in errors)
        return ItemPayload(errors=tuple(errors))
    call.rows += 1
    current = call.world.edits.of(product)
    if changed(current, values):
        new = msgspec.structs.replace(current, **values)
        call.changed(call.world.edit([new], of_items=(new.inventory_item_id,), now_ns=call.now_ns))
    return ItemPayload(product)


def _item_edits(
    given: dict[str, Any], product: Product, where: tuple[str, ...]
) -> tuple[dict[str, Any], list[UserError]]:
    if given.get("tracked") is False:
        raise not_played("use", "of an inventory item that is not tracked")
    if "sku" in given and given["sku"] != product.shown_sku:
        raise not_played("use", "of a new SKU for an inventory item")
    values: dict[str, Any] = {}
    errors: list[UserError] = []
    if "cost" in given:
        cost = None if given["cost"] is None else minor_of(str(given["cost"]))
        if given["cost"] is not None and (cost is None or cost < 0):
            errors.append(UserError((*where, "cost"), "Cost must be greater than or equal to 0"))
        values["cost_minor"] = cost
    if given.get("countryCodeOfOrigin") == NO_COUNTRY:
        errors.append(UserError((*where, "countryCodeOfOrigin"), "Country code of origin is invalid"))
    if given.get("harmonizedSystemCode") and not _HARMONIZED.fullmatch(given["harmonizedSystemCode"]):
        text = "Harmonized system code must be a number between six and thirteen digits"
        errors.append(UserError((*where, "harmonizedSystemCode"), text))
    for name, field in ITEM_NAMES.items():
        if name in given and (given[name] is not None or field != "requires_shipping"):
            values[field] = given[name]
    return values, errors


ITEM_NAMES: Final = {
    "countryCodeOfOrigin": "origin",
    "provinceCodeOfOrigin": "origin_province",
    "harmonizedSystemCode": "harmonized",
    "requiresShipping": "requires_shipping",
}
ITEM_FIELDS: Final = ("cost_minor", *ITEM_NAMES.values())
MUTATIONS: Final[dict[str, Resolver]] = {
    "productVariantsBulkUpdate": update_variants,
    "inventoryItemUpdate": update_item,
}
VARIANTS_PAYLOAD: Final[dict[str, Resolver]] = {
    "product": lambda payload, _arguments, _call: payload.product,
    "productVariants": lambda payload, _arguments, _call: payload.variants,
    "userErrors": lambda payload, _arguments, _call: payload.errors,
}
ITEM_PAYLOAD: Final[dict[str, Resolver]] = {
    "inventoryItem": lambda payload, _arguments, _call: payload.item,
    "userErrors": lambda payload, _arguments, _call: payload.errors,
}
