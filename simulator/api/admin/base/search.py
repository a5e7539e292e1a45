"""The part of Shopify's search syntax that integrations use to read changes: terms joined by AND.

Example: `created_at:>='2026-11-24T06:00:00Z' AND sku:HOT-00001`. As in Shopify, an unknown field is ignored with a
warning in `extensions.search`. OR, NOT and parentheses are refused, because ignoring them would give wrong results.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple

import msgspec

from stockstorm.simulator.api.admin.base.call import Call, SearchWarning
from stockstorm.simulator.api.admin.base.problems import bad_request
from stockstorm.simulator.api.not_played import not_played
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.limits import SEARCH_MAX, SEARCH_TERMS_MAX

Comparator = Literal["=", ">", ">=", "<", "<="]

_TERM: Final = re.compile(
    r"""\s*(?P<minus>-)?(?P<field>[a-z_]+):\s*(?P<op>>=|<=|>|<)?\s*(?P<value>'[^']*'|"[^"]*"|[^\s'"()]+)\s*"""
)
_COMPARATORS: Final[dict[str | None, Comparator]] = {None: "=", ">": ">", ">=": ">=", "<": "<", "<=": "<="}
_AND: Final = re.compile(r"AND\b\s*", re.IGNORECASE)
_NUMBER: Final = re.compile(r"-?[0-9]{1,20}")  # ids have 64 bits, and Python refuses to read 4,301 digits
_DATE_ONLY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_DAY_S: Final = 86_400


class Term(msgspec.Struct, frozen=True):
    """One condition of a query."""

    field: str
    comparator: Comparator
    value: str


class Bounds(NamedTuple):
    """A half-open interval of integers, [low, high)."""

    low: int
    high: int

    def holds(self, number: int) -> bool:
        return self.low <= number < self.high


def parse(query: str) -> list[Term]:
    """The terms of a query; all must hold. Raises GraphQLError for unsupported syntax."""
    if len(query) > SEARCH_MAX:
        raise bad_request(f"The search query is {len(query)} characters long, the maximum is {SEARCH_MAX}.")
    terms: list[Term] = []
    at = len(query) - len(query.lstrip())
    while at < len(query):
        if terms and (joined := _AND.match(query, at)):
            at = joined.end()
        found = _TERM.match(query, at)
        if found is None or found["minus"]:
            raise not_played("search term", "that is no `field:value` joined by AND")
        terms.append(Term(found["field"], _COMPARATORS[found["op"]], found["value"].strip("'\"")))
        at = found.end()
        if len(terms) > SEARCH_TERMS_MAX:
            raise bad_request(f"The search query has more than {SEARCH_TERMS_MAX} terms.")
    return terms


def known_terms(root: str, query: str | None, known: frozenset[str], call: Call) -> list[Term]:
    """The terms on fields that `root` can search. The others become warnings."""
    if not query:
        return []
    terms = parse(query)
    call.warnings.extend(SearchWarning(root, query, term.field) for term in terms if term.field not in known)
    return [term for term in terms if term.field in known]


def parse_second(text: str) -> int | None:
    """Seconds since 1970 of an ISO 8601 date or time, in UTC if it has no offset. None for other text."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def number_bounds(term: Term) -> Bounds:
    """The whole numbers that satisfy the term."""
    if not _NUMBER.fullmatch(term.value):
        raise bad_request(f"Invalid value {term.value!r} for search field {term.field!r}: write a whole number.")
    return _bounds(term.comparator, int(term.value), 1, 1)


def time_bounds(term: Term, call: Call) -> Bounds:
    """The monotonic nanoseconds that satisfy the term. Times are whole seconds; a date alone is a day in UTC."""
    second = parse_second(term.value)
    if second is None:
        raise bad_request(f"Invalid value {term.value!r} for search field {term.field!r}: write an ISO 8601 time.")
    width = _DAY_S if _DATE_ONLY.fullmatch(term.value) else 1
    found = _bounds(term.comparator, second, width, SECOND_NS)
    shift = call.wall.monotonic_ns - call.wall.wall_ns
    return Bounds(found.low + shift, found.high + shift)


def text_pattern(term: Term) -> tuple[str, bool]:
    """The text to look for, in lower case, and whether it is a prefix (a trailing "*")."""
    wanted = term.value.casefold()
    return (wanted[:-1], True) if wanted.endswith("*") else (wanted, False)


def text_test(term: Term) -> Callable[[str], bool]:
    """A test of the term for a text: equal without regard to case; a trailing "*" searches by prefix."""
    wanted, prefix = text_pattern(term)
    if prefix:
        return lambda text: text.casefold().startswith(wanted)
    return lambda text: text.casefold() == wanted


_FAR: Final = 1 << 70


def _bounds(comparator: Comparator, value: int, width: int, unit: int) -> Bounds:
    match comparator:
        case "=":
            return Bounds(value * unit, (value + width) * unit)
        case ">":
            return Bounds((value + width) * unit, _FAR)
        case ">=":
            return Bounds(value * unit, _FAR)
        case "<":
            return Bounds(-_FAR, value * unit)
        case "<=":
            return Bounds(-_FAR, (value + width) * unit)
