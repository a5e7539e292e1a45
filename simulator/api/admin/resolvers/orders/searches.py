"""The search fields of orders, as conditions on the shop's records."""

from collections.abc import Callable
from typing import Final

from stockstorm.simulator.api.admin.base.call import Call
from stockstorm.simulator.api.admin.base.problems import bad_request
from stockstorm.simulator.api.admin.base.search import (
    Plays,
    listed,
    number_bounds,
    text_pattern,
    text_test,
    time_bounds,
)
from stockstorm.simulator.model import Buyer
from stockstorm.simulator.searching import DEFAULT, Term
from stockstorm.simulator.shop import order_search
from stockstorm.simulator.shop.order_search import ANY, NEVER, Column, Condition, Conditions, Word

JOINED: Final = Conditions()
_TIMES: Final[dict[str, Column]] = {
    "created_at": "created_ns",
    "processed_at": "created_ns",
    "updated_at": "updated_ns",
}
_WORDS: Final[dict[str, Word]] = {
    "tag": "tag",
    "source_identifier": "source_identifier",
    "po_number": "po_number",
}
# Shopify's value of `fulfillment_status` → the states of an order that it means.
_SHIPPED: Final[dict[str, tuple[str, ...]]] = {
    "fulfilled": ("fulfilled",),
    "shipped": ("fulfilled",),
    "partial": ("partial",),
    "partially_fulfilled": ("partial",),
    "unfulfilled": ("unfulfilled", "partial"),
    "unshipped": ("unfulfilled",),
}


def order_plays(call: Call) -> Plays[Condition]:
    """The search fields of orders."""

    def time(term: Term) -> Condition:
        return order_search.between(_TIMES[term.field], *time_bounds(term, call))

    return {
        DEFAULT: lambda term: _anything(term, call),
        "id": lambda term: JOINED.some([order_search.between("id", *number_bounds(each)) for each in listed(term)]),
        **dict.fromkeys(_TIMES, time),
        **dict.fromkeys(_WORDS, _word),
        "tag_not": lambda term: JOINED.no(_words("tag", term)),
        "status": _each(_status),
        "fulfillment_status": _each(_shipping),
        "financial_status": _each(_payment),
        "name": _name,
        "sku": _sku,
        "email": lambda term: _email(term, call),
        "customer_id": lambda term: _customer(term, call),
        "source_name": _source,
        "gateway": _each(_gateway),
        "test": _test,
    }


def _sku(term: Term) -> Condition:
    wanted, prefix = text_pattern(term)
    return order_search.sku(wanted, prefix=prefix)


def _each(of: Callable[[Term], Condition]) -> Callable[[Term], Condition]:
    """The test for a list of values separated by commas."""
    return lambda term: JOINED.some([of(each) for each in listed(term)])


def _word(term: Term) -> Condition:
    return _words(_WORDS[term.field], term)


def _words(kind: Word, term: Term) -> Condition:
    wanted, prefix = text_pattern(term)
    return order_search.word(kind, wanted, prefix=prefix)


def _name(term: Term) -> Condition:
    wanted, prefix = text_pattern(term)
    return JOINED.some([order_search.name(wanted, prefix=prefix), order_search.word("name", wanted, prefix=prefix)])


def _email(term: Term, call: Call) -> Condition:
    test = text_test(term)
    return JOINED.some([_buyers(call, lambda buyer: test(buyer.email)), _words("email", term)])


def _customer(term: Term, call: Call) -> Condition:
    bounds = number_bounds(term)
    return _buyers(call, lambda buyer: bounds.holds(buyer.customer_id))


def _buyers(call: Call, holds: Callable[[Buyer], bool]) -> Condition:
    """The orders of the buyers of whom this holds. Raises TooMuchWork."""
    call.test(len(call.catalogue.buyers))
    return order_search.buyers([index for index, buyer in enumerate(call.catalogue.buyers) if holds(buyer)])


def _source(term: Term) -> Condition:
    of_app = _words("source_name", term)
    return JOINED.some([JOINED.no(order_search.written()), of_app]) if text_test(term)("web") else of_app


def _gateway(term: Term) -> Condition:
    paid = JOINED.no(JOINED.some([_payment_is(each) for each in ("pending", "voided")]))
    return paid if text_test(term)("shopify_payments") else NEVER


def _test(term: Term) -> Condition:
    wanted = term.value.casefold()
    if wanted not in ("true", "false"):
        raise bad_request(f"Invalid value {term.value!r} for search field 'test': write true or false.")
    tests = order_search.word("test", "true", prefix=False)
    return tests if wanted == "true" else JOINED.no(tests)


def _payment(term: Term) -> Condition:
    if term.value.casefold() == "any":
        return ANY
    wanted, prefix = text_pattern(term)
    return order_search.status(wanted, prefix=prefix)


def _payment_is(status: str) -> Condition:
    return order_search.status(status, prefix=False)


def _shipping(term: Term) -> Condition:
    if term.value.casefold() == "any":
        return ANY
    states = _SHIPPED.get(term.value.casefold(), ())
    return JOINED.some([order_search.shipped(state) for state in states]) if states else NEVER


def _status(term: Term) -> Condition:
    match term.value.casefold():
        case "open" | "not_closed":
            return order_search.closed(False)
        case "closed":
            return order_search.closed(True)
        case "cancelled":
            return order_search.cancelled()
        case "any":
            return ANY
    return NEVER


def _anything(term: Term, call: Call) -> Condition:
    """A word without a field: the name, the SKU of a line, the email or a name of the buyer, or a tag."""
    test = text_test(term)
    people = _buyers(call, lambda buyer: any(map(test, (buyer.email, buyer.first_name, buyer.last_name))))
    words: tuple[Word, ...] = ("name", "email", "first_name", "last_name", "tag", "source_identifier")
    wanted, prefix = text_pattern(term)
    return JOINED.some(
        [
            order_search.name(wanted, prefix=prefix),
            order_search.sku(wanted, prefix=prefix),
            people,
            *(order_search.word(kind, wanted, prefix=prefix) for kind in words),
        ]
    )
