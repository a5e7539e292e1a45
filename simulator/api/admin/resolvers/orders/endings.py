"""orderCancel and refundCreate, on orders of buyers and of the subject alike."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from stockstorm.simulator.api.admin.base.call import IDEMPOTENCY_KEY, Arguments, Call, Resolver
from stockstorm.simulator.api.admin.base.idempotency import Remembered, fingerprint
from stockstorm.simulator.api.admin.base.problems import bad_request
from stockstorm.simulator.api.admin.base.views import RefundView, UserError, number_of
from stockstorm.simulator.api.not_played import not_played
from stockstorm.simulator.catalogue import Catalogue
from stockstorm.simulator.events.encoding import amount, derived_token, minor_of
from stockstorm.simulator.events.order_sums import received, refund_total, refunded_units, remaining_units
from stockstorm.simulator.limits import IDEMPOTENCY_KEY_MAX
from stockstorm.simulator.model import Order, RefundLine
from stockstorm.simulator.shop.lines import split, still_drawn

RESTOCKED: Final = ("CANCEL", "RETURN")
_SYMBOLS: Final = {"EUR": "€", "GBP": "£", "USD": "$"}
NOTE_MAX: Final = 255  # characters
_MISMATCH: Final = "The same idempotency key cannot be used with different operation parameters."


class Job(NamedTuple):
    """Asynchronous work, which is done at once here."""

    job_id: str
    done: bool


class CancelPayload(msgspec.Struct, frozen=True):
    """What orderCancel answers."""

    job: Job | None = None
    errors: tuple[UserError, ...] = ()


class RefundPayload(msgspec.Struct, frozen=True):
    """What refundCreate answers."""

    refund: RefundView | None = None
    errors: tuple[UserError, ...] = ()


def job(_source: None, arguments: Arguments, _call: Call) -> Job | None:
    kind, _, name = arguments["id"].removeprefix("gid://shopify/").partition("/")
    return Job(name, True) if kind == "Job" and name else None


def _order(text: str, call: Call) -> Order | None:
    number = number_of("Order", text)
    return None if number is None else call.world.order_by_id(number)


# -- orderCancel ---------------------------------------------------------------------------------------------------


def cancel(_source: None, arguments: Arguments, call: Call) -> CancelPayload:
    """The order is cancelled at once; the answer holds a job, as in Shopify, which does it a little later."""
    order = _order(arguments["orderId"], call)
    error = _not_cancellable(order, arguments)
    if order is None or error is not None:
        found = error or UserError(("orderId",), "Order does not exist", "NOT_FOUND")
        call.refuse([found.message])
        return CancelPayload(errors=(found,))
    method = arguments.get("refundMethod") or {}
    refund = bool(arguments.get("refund") or method.get("originalPaymentMethodsRefund"))
    _, changes = call.world.order_writes.cancel(
        order,
        arguments["reason"].lower(),
        restock=arguments["restock"],
        refund=refund,
        note=arguments.get("staffNote"),
        request=call.request,
        now_ns=call.now_ns,
    )
    call.rows += 1
    call.changed(changes)
    return CancelPayload(Job(derived_token("job", order.order_id), False))


def _not_cancellable(order: Order | None, arguments: Arguments) -> UserError | None:
    if len(arguments.get("staffNote") or "") > NOTE_MAX:
        text = f"Staff note is too long. Maximum length is {NOTE_MAX} characters."
        return UserError(("staffNote",), text, "INVALID")
    if arguments.get("refund") is not None and arguments.get("refundMethod") is not None:
        text = "Only one of the arguments `refund` or `refund_method` is allowed."
        return UserError(("refund",), text, "INVALID")
    if order is not None and order.cancelled_ns is not None:
        return UserError(("orderId",), "Cannot cancel an order that has already been canceled", "INVALID")
    if order is not None and order.fulfilments:
        return UserError(("orderId",), "Cannot cancel an order that has fulfillments", "INVALID")
    return None


# -- refundCreate --------------------------------------------------------------------------------------------------


def refund(_source: None, arguments: Arguments, call: Call) -> RefundPayload:
    """A refund, once per idempotency key."""
    key, given = arguments.get(IDEMPOTENCY_KEY), arguments["input"]
    _require_key(key, call)
    call.key = key or ""
    mark = fingerprint("refundCreate", given)
    before = call.state.refund_keys.recall(call.key, call.now_ns) if key else None
    if before is not None:
        return _replayed(before, mark, call)
    payload = refund_once(given, call)
    if key:
        made = 0 if payload.refund is None else payload.refund.refund.refund_id
        call.state.refund_keys.remember(key, Remembered(mark, made, bool(payload.errors), call.now_ns))
    return payload


def _require_key(key: str | None, call: Call) -> None:
    if key is None:
        if not call.in_force("@idempotent required"):
            return
        raise bad_request("The @idempotent directive is required for this mutation but was not provided.")
    if not key.strip():
        raise bad_request("The idempotency key cannot be blank.")
    if len(key) > IDEMPOTENCY_KEY_MAX:
        raise bad_request(f"The idempotency key is {len(key)} characters long, the maximum is {IDEMPOTENCY_KEY_MAX}.")


def _replayed(before: Remembered[int], mark: bytes, call: Call) -> RefundPayload:
    if before.fingerprint != mark:
        return _refused([UserError(None, _MISMATCH)], call)
    found = call.world.refund_by_id(before.outcome)
    if found is None:
        text = "A previous request with this idempotency key failed. Retry with a new idempotency key."
        return _refused([UserError(None, text)], call)
    call.outcome = "replayed"
    return RefundPayload(RefundView(*found))


def refund_once(given: dict[str, Any], call: Call) -> RefundPayload:
    """The refund that an input asks for, without a key."""
    order = _order(given["orderId"], call)
    if order is None:
        return _refused([UserError(("orderId",), "Order does not exist")], call)
    rows = given.get("refundLineItems") or []
    if not rows and not given.get("transactions") and not given.get("shipping"):
        raise not_played("use", "of a refund without lines")
    lines, errors = refund_lines(rows, order, call.catalogue)
    errors += [] if errors else _too_much(given, order, call)
    if errors:
        return _refused(errors, call)
    if not lines:
        raise not_played("use", "of a refund of money alone")
    kinds = {row.get("restockType") or "NO_RESTOCK" for row in rows}
    if len(kinds) > 1:
        raise not_played("use", "of different restock types in one refund")
    call.rows += len(lines)
    order, made, changes = call.world.order_writes.refund(
        order,
        tuple(lines),
        restock=bool(kinds & {*RESTOCKED}),
        cancelled="CANCEL" in kinds,
        note=given.get("note") or "",
        request=call.request,
        now_ns=call.now_ns,
    )
    call.changed(changes)
    return RefundPayload(RefundView(order, made))


def _refused(errors: Sequence[UserError], call: Call) -> RefundPayload:
    call.refuse(error.message for error in errors)
    return RefundPayload(errors=tuple(errors))


def refund_lines(
    rows: list[dict[str, Any]], order: Order, catalogue: Catalogue
) -> tuple[list[RefundLine], list[UserError]]:
    """The lines of a refund, and what is wrong with them."""
    by_id, refunded = {line.line_id: line for line in order.lines}, refunded_units(order)
    drawn = still_drawn(order)
    lines: list[RefundLine] = []
    errors: list[UserError] = []
    for index, row in enumerate(rows):
        where = ("refundLineItems", str(index))
        line = by_id.get(number_of("LineItem", row["lineItemId"]) or 0)
        if row.get("restockType") == "LEGACY_RESTOCK":
            errors.append(UserError((*where, "restockType"), "Restock type legacy_restock is not accepted"))
        elif line is None:
            errors.append(UserError((*where, "lineItemId"), "Line item does not exist"))
        elif row["quantity"] < 1:
            errors.append(UserError((*where, "quantity"), "Quantity must be greater than 0"))
        else:
            refunded[line.line_id] = refunded.get(line.line_id, 0) + row["quantity"]
            if remaining_units(order, line, refunded) < 0 or order.cancelled_ns is not None:
                text = "Quantity cannot refund more items than were purchased"
                errors.append(UserError((*where, "quantity"), text))
            places = split(line.sku, row["quantity"], drawn)
            _require_their_place(row, [place or catalogue.by_sku[line.sku].location_id for place, _ in places])
            lines += [RefundLine(line.line_id, line.sku, units, place) for place, units in places]
    return lines, errors


def _require_their_place(row: dict[str, Any], places: list[int]) -> None:
    """Raises GraphQLError if units are to go elsewhere than to where they were taken from."""
    given = row.get("locationId")
    restocked = row.get("restockType") in RESTOCKED
    if restocked and given is not None and any(number_of("Location", given) != place for place in places):
        raise not_played("use", "of refundCreate with another location than that of the units")


def _too_much(given: dict[str, Any], order: Order, call: Call) -> list[UserError]:
    """The recorded refusal of more money than was received."""
    wanted = [minor_of(str(each["amount"])) for each in given.get("transactions") or ()]
    if None in wanted:
        return [UserError(("transactions",), "Amount is invalid")]
    total = sum(each or 0 for each in wanted)
    net = received(order) - sum(refund_total(order, each) for each in order.refunds)
    if total <= max(0, net) or given.get("allowOverRefunding"):
        return []
    currency = call.world.config.shop.currency
    symbol = _SYMBOLS.get(currency, f"{currency} ")
    text = f"Refund amount {symbol}{amount(total)} is greater than net payment received {symbol}{amount(max(0, net))}"
    return [UserError(None, text)]


JOB: Final[dict[str, Resolver]] = {
    "id": lambda row, _arguments, _call: f"gid://shopify/Job/{row.job_id}",
    "done": lambda row, _arguments, _call: row.done,
}
CANCEL_PAYLOAD: Final[dict[str, Resolver]] = {
    "job": lambda payload, _arguments, _call: payload.job,
    "orderCancelUserErrors": lambda payload, _arguments, _call: payload.errors,
    "userErrors": lambda payload, _arguments, _call: payload.errors,
}
REFUND_PAYLOAD: Final[dict[str, Resolver]] = {
    "refund": lambda payload, _arguments, _call: payload.refund,
    "order": lambda payload, _arguments, _call: None if payload.refund is None else payload.refund.order,
    "userErrors": lambda payload, _arguments, _call: payload.errors,
}
