"""orderCreate: an order that the subject writes, for example for a sale on a marketplace.

Its units come from stock as `inventoryBehaviour` says. What of it names a marketplace's order (source identifier, name,
PO number, tag, attribute or note) is kept as the reference of its stock changes, as an adjustment would name it.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from stockstorm.simulator.api.admin.base.call import Arguments, Call, Resolver
from stockstorm.simulator.api.admin.base.search import parse_second
from stockstorm.simulator.api.admin.base.views import UserError, number_of
from stockstorm.simulator.api.not_played import named, not_played
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.events.encoding import minor_of
from stockstorm.simulator.model import Address, Order, Product, Written
from stockstorm.simulator.shop.orders import LINE_IDS_PER_ORDER
from stockstorm.simulator.shop.written import ORDER_REFERENCES, Claim, Line, NotEnough

NOTE_MAX: Final = 5_000  # characters
TEXT_MAX: Final = 255  # characters of any other text
TAGS_MAX: Final = 250
ATTRIBUTES_MAX: Final = 100
LEFT_OUT: Final = ("buyerAcceptsMarketing", "sourceUrl", "taxesIncluded")
LEFT_OUT_OF_LINES: Final = ("properties", "title", "vendor")
_PAID: Final = ("SALE", "CAPTURE")
_CLAIMS: Final[dict[str, Claim]] = {
    "BYPASS": "bypass",
    "DECREMENT_IGNORING_POLICY": "ignoring_policy",
    "DECREMENT_OBEYING_POLICY": "obeying_policy",
}
_REF: Final = re.compile(r"(?:[^:\s]+:)?(?P<ref>(?P<channel>[^:\s]+)-\d{1,18})", re.ASCII)


class OrderPayload(msgspec.Struct, frozen=True):
    """What orderCreate answers."""

    order: Order | None = None
    errors: tuple[UserError, ...] = ()


def create(_source: None, arguments: Arguments, call: Call) -> OrderPayload:
    given, options = arguments["order"], arguments.get("options") or {}
    lines, errors = _lines(given.get("lineItems") or [], call)
    errors += _wrong_texts(given) + _wrong_time(given, call)
    if errors:
        return _refused(errors, call)
    _require_played(given, call)
    written = _written(given, call)
    total = sum(units * price for _, units, price in lines) + written.shipping_minor
    claim = _CLAIMS[options.get("inventoryBehaviour") or "BYPASS"]
    call.rows += len(lines)
    try:
        order, changes = call.world.order_writes.create(
            lines, written, claim, paid=_paid(given, total), request=call.request, now_ns=call.now_ns
        )
    except NotEnough as short:
        text = f"Unable to reserve inventory for line item {short.index}"
        return _refused([UserError(("order", "lineItems", str(short.index)), text, "INVENTORY_CLAIM_FAILED")], call)
    call.changed(changes)
    return OrderPayload(order)


def _refused(errors: Sequence[UserError], call: Call) -> OrderPayload:
    call.refuse(error.message for error in errors)
    return OrderPayload(errors=tuple(errors))


def _lines(rows: list[dict[str, Any]], call: Call) -> tuple[list[Line], list[UserError]]:
    if not rows:
        return [], [UserError(("order", "lineItems"), "Line items must have at least one line item", "INVALID")]
    if len(rows) > LINE_IDS_PER_ORDER:
        raise not_played("use", f"of orderCreate with more than {LINE_IDS_PER_ORDER} lines")
    lines: list[Line] = []
    errors: list[UserError] = []
    for index, row in enumerate(rows):
        where = ("order", "lineItems", str(index))
        product = _product(row, call)
        price = _money(row.get("priceSet"))
        if product is None:
            errors.append(UserError((*where, "variantId"), "Product variant does not exist", "INVALID"))
        elif row["quantity"] < 1:
            errors.append(UserError((*where, "quantity"), "Quantity must be greater than 0", "INVALID"))
        elif price is not None and price < 0:
            errors.append(UserError((*where, "priceSet"), "Price must be greater than or equal to 0", "INVALID"))
        else:
            minor = call.world.edits.of(product).price_minor if price is None else price
            lines.append((product, row["quantity"], minor))
    return lines, errors


def _product(row: dict[str, Any], call: Call) -> Product | None:
    if row.get("variantId") is None:
        raise not_played("use", "of a line of orderCreate without variantId")
    number = number_of("ProductVariant", row["variantId"])
    product = None if number is None else call.state.by_variant.get(number)
    if product is not None and not product.sku:
        raise not_played("use", "of orderCreate with a variant that only the shop itself uses")
    return product


def _money(bag: dict[str, Any] | None) -> int | None:
    """The amount of a MoneyBagInput in minor units; below 0 if it is no amount."""
    if bag is None:
        return None
    minor = minor_of(str(bag["shopMoney"]["amount"]))
    return -1 if minor is None else minor


def _wrong_texts(given: dict[str, Any]) -> list[UserError]:
    limits = {"note": NOTE_MAX, **dict.fromkeys(("name", "email", "phone", "sourceIdentifier", "poNumber"), TEXT_MAX)}
    errors = [
        UserError(("order", name), f"{name} is too long (maximum is {limit} characters)", "INVALID")
        for name, limit in limits.items()
        if len(given.get(name) or "") > limit
    ]
    tags, attributes = given.get("tags") or (), given.get("customAttributes") or ()
    if len(tags) > TAGS_MAX or any(len(tag) > TEXT_MAX for tag in tags):
        text = f"An order has at most {TAGS_MAX} tags of {TEXT_MAX} characters"
        errors.append(UserError(("order", "tags"), text, "INVALID"))
    if len(attributes) > ATTRIBUTES_MAX:
        errors.append(UserError(("order", "customAttributes"), f"At most {ATTRIBUTES_MAX} attributes", "INVALID"))
    return errors


def _wrong_time(given: dict[str, Any], call: Call) -> list[UserError]:
    if given.get("processedAt") is None:
        return []
    second = parse_second(given["processedAt"])
    if second is not None and second <= call.wall.wall(call.now_ns) // SECOND_NS:
        return []
    return [UserError(("order", "processedAt"), "Processed at must be in the past", "PROCESSED_AT_INVALID")]


def _require_played(given: dict[str, Any], call: Call) -> None:
    """Raises GraphQLError for what would change the order. What is only left out of it is noted."""
    if given.get("closedAt") is not None:
        raise not_played("field", "OrderCreateOrderInput.closedAt")
    left_out = [f"OrderCreateOrderInput.{name}" for name in LEFT_OUT if given.get(name)]
    rows = given.get("lineItems") or ()
    left_out += [f"OrderCreateLineItemInput.{name}" for name in LEFT_OUT_OF_LINES if any(row.get(name) for row in rows)]
    call.unplayed += [named("field", name) for name in left_out]
    currency = call.world.config.shop.currency
    if any(given.get(name) not in (None, currency) for name in ("currency", "presentmentCurrency")):
        raise not_played("use", f"of an order in another currency than the shop's {currency}")
    if given.get("financialStatus") not in (None, "AUTHORIZED", "PAID", "PENDING"):
        raise not_played("use", f"of orderCreate with financialStatus {given['financialStatus']}")


def _paid(given: dict[str, Any], total: int) -> bool:
    if given.get("financialStatus") is not None:
        return bool(given["financialStatus"] == "PAID")
    sums = [
        _money(each["amountSet"]) or 0
        for each in given.get("transactions") or ()
        if each.get("kind", "SALE") in _PAID and each.get("status", "SUCCESS") == "SUCCESS"
    ]
    return bool(sums) and sum(sums) >= total


def _written(given: dict[str, Any], call: Call) -> Written:
    person = (given.get("customer") or {}).get("toUpsert") or {}
    attributes = tuple((each["key"], each["value"]) for each in given.get("customAttributes") or ())
    address = given.get("shippingAddress") or given.get("billingAddress")
    written = Written(
        "",
        claimed=False,
        name=given.get("name"),
        email=given.get("email") or person.get("email"),
        phone=given.get("phone") or person.get("phone"),
        note=given.get("note"),
        source_name=given.get("sourceName"),
        source_identifier=given.get("sourceIdentifier"),
        po_number=given.get("poNumber"),
        tags=tuple(given.get("tags") or ()),
        attributes=attributes,
        address=None if address is None else _address(address),
        first_name=person.get("firstName"),
        last_name=person.get("lastName"),
        shipping_minor=sum(max(0, _money(each["priceSet"]) or 0) for each in given.get("shippingLines") or ()),
        test=bool(given.get("test")),
    )
    return msgspec.structs.replace(written, reference=reference_of(written, call.world.marketplaces))


def _address(given: dict[str, Any]) -> Address:
    return Address(
        given.get("firstName"),
        given.get("lastName"),
        given.get("company"),
        given.get("address1"),
        given.get("address2"),
        given.get("city"),
        given.get("province"),
        given.get("provinceCode"),
        given.get("zip"),
        given.get("country"),
        given.get("countryCode"),
        given.get("phone"),
    )


def reference_of(written: Written, marketplaces: Sequence[str]) -> str:
    """The reference that names the marketplace's order; "" if nothing in the order does."""
    for text in _texts(written):
        if text.startswith(ORDER_REFERENCES):
            return text
        found = _REF.fullmatch(text)
        if found is not None and found["channel"] in marketplaces:
            return f"{ORDER_REFERENCES}{found['channel']}:{found['ref']}"
    return ""


def _texts(written: Written) -> Iterator[str]:
    named = (written.source_identifier, written.name, written.po_number, written.note)
    yield from (text.strip() for text in named[:3] if text)
    yield from (tag.strip() for tag in written.tags)
    yield from (value.strip() for _, value in written.attributes)
    if named[3]:
        yield named[3].strip()


PAYLOAD: Final[dict[str, Resolver]] = {
    "order": lambda payload, _arguments, _call: payload.order,
    "userErrors": lambda payload, _arguments, _call: payload.errors,
}
