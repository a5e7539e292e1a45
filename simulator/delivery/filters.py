"""A subscription's filter: a test of the payload, in Shopify's search syntax (docs/sources.md, S6).

Equality is exact and regards case. A path with dots leads into objects and lists; of a list, one element is enough. A
field that the payload does not have, or a value of another type, makes the whole filter invalid: Shopify then creates
the subscription, and never delivers anything to it.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from stockstorm.simulator.searching import DEFAULT, Every, No, Part, Some, Term, Unreadable, parse, terms_of

Test = Callable[[Any], bool]  # of a decoded payload
_NUMBER: Final = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,10})?", re.ASCII)
_ANY: Final = "*"


class Mismatch(Exception):
    """The payload has no such field, or it is of another type than the filter's value."""


def readable(text: str) -> bool:
    """Whether Shopify takes the filter: its syntax is right, and each term names a field."""
    try:
        part = parse(text)
    except Unreadable:
        return False
    return part is not None and all(term.field != DEFAULT for term in terms_of(part))


def make_filter(text: str) -> Test:
    """The test of payloads. A filter that cannot be read is never true."""
    try:
        part = parse(text)
    except Unreadable:
        part = None
    if part is None:
        return lambda _: False

    def wants(payload: Any) -> bool:
        try:
            return _holds(part, payload)
        except Mismatch:
            return False

    return wants


def _holds(part: Part, payload: Any) -> bool:
    """Every part is tested, because one that does not fit the payload makes the whole invalid."""
    match part:
        case Every(parts=parts):
            held = [_holds(each, payload) for each in parts]
            return all(held)
        case Some(parts=parts):
            held = [_holds(each, payload) for each in parts]
            return any(held)
        case No(part=inner):
            return not _holds(inner, payload)
        case Term():
            held = [_fits(value, part) for value in _values(payload, part.field.split("."))]
            return any(held)


def _values(found: Any, path: list[str]) -> Iterator[Any]:
    """What the path leads to; of lists, every element. Raises Mismatch where there is no such field."""
    if isinstance(found, list):
        for each in found:
            yield from _values(each, path)
    elif not path:
        yield found
    elif found is None:
        return
    elif not isinstance(found, dict) or path[0] not in found:
        raise Mismatch(path[0])
    else:
        yield from _values(found[path[0]], path[1:])


def _fits(value: Any, term: Term) -> bool:
    if term.value == _ANY and not term.quoted:
        return value is not None
    if value is None:
        return False
    if isinstance(value, bool):
        return _of_boolean(value, term)
    if isinstance(value, int | float):
        return _compared(Decimal(str(value)), term, _number(term.value))
    if not isinstance(value, str):
        raise Mismatch(term.field)
    return _of_text(value, term)


def _of_boolean(value: bool, term: Term) -> bool:  # a value of the payload
    if term.comparator != "=" or term.value not in ("true", "false"):
        raise Mismatch(term.field)
    return value == (term.value == "true")


def _of_text(value: str, term: Term) -> bool:
    """Money is text in payloads, and times are too: a comparison other than equality reads both sides as such."""
    if term.comparator == "=":
        if term.value.endswith(_ANY) and not term.quoted:
            return value.startswith(term.value[:-1])
        return value == term.value or (_NUMBER.fullmatch(value) is not None and _equal(value, term.value))
    if _NUMBER.fullmatch(value):
        return _compared(Decimal(value), term, _number(term.value))
    return _compared(_moment(value), term, _moment(term.value))


def _equal(value: str, wanted: str) -> bool:
    return _NUMBER.fullmatch(wanted) is not None and Decimal(value) == Decimal(wanted)


def _compared(value: Decimal, term: Term, limit: Decimal) -> bool:
    match term.comparator:
        case "=":
            return value == limit
        case ">":
            return value > limit
        case ">=":
            return value >= limit
        case "<":
            return value < limit
        case "<=":
            return value <= limit


def _number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise Mismatch(text)
    return Decimal(text)


def _moment(text: str) -> Decimal:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Mismatch(text) from error
    return Decimal(str((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()))
