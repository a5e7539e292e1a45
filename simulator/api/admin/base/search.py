"""Searches by Shopify's search syntax (`simulator.searching`): from the terms of a query to a test of rows.

Example: `created_at:>='2026-11-24T06:00:00Z' AND (tag:vip OR -email:*@example.com)`. A field that is not played is an
error, because ignoring it would answer with every row. A field that Shopify does not have either is also named in
`extensions.search`, as Shopify does. Of a time without quotes only the date counts, as recorded: what stands behind a
colon is read as one more field. A time without an offset is one of the shop's zone.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timezone
from typing import Any, Final, NamedTuple, Protocol, TypeVar

import msgspec

from stockstorm.simulator import searching
from stockstorm.simulator.api.admin import real_schema
from stockstorm.simulator.api.admin.base.call import Call, SearchWarning
from stockstorm.simulator.api.admin.base.problems import bad_request
from stockstorm.simulator.api.admin.base.views import Counted
from stockstorm.simulator.api.not_played import not_played
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.events.encoding import SHOP_OFFSET
from stockstorm.simulator.searching import DEFAULT, Comparator, Every, No, Part, Some, Term, Unreadable, terms_of

_NUMBER: Final = re.compile(r"-?[0-9]{1,20}", re.ASCII)  # ids have 64 bits, and Python refuses to read 4,301 digits
_YEAR: Final = re.compile(r"\d{4}", re.ASCII)
_DATE_ONLY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_CUT: Final = re.compile(r"(?P<date>\d{4}-\d{2}-\d{2})T\d{2}:(?P<rest>[^:]*).*", re.ASCII)
_DAY_S: Final = 86_400
Test = TypeVar("Test")


class Algebra(Protocol[Test]):
    """How tests are joined: predicates over rows in memory, or conditions of a database."""

    def every(self, tests: list[Test]) -> Test: ...
    def some(self, tests: list[Test]) -> Test: ...
    def no(self, test: Test) -> Test: ...


Plays = Mapping[str, Callable[[Term], Test]]  # field → test of a term; under DEFAULT the test of a word


def parse(query: str) -> Part | None:
    """What a query asks for; None for a blank one. Raises GraphQLError."""
    try:
        return searching.parse(query)
    except Unreadable as problem:
        raise bad_request(str(problem)) from problem


def searched(root: str, query: str | None, plays: Plays[Test], joined: Algebra[Test], call: Call) -> Test | None:
    """The test that a query stands for; None if it is blank. Raises GraphQLError for a field that is not played."""
    part = _read(root, query, call)
    if part is None:
        return None
    _require_played(root, query or "", terms_of(part), plays.keys(), call)
    return _joined(part, plays, joined)


def _read(root: str, query: str | None, call: Call) -> Part | None:
    """What a query asks for, with dates for times without quotes. None for a blank one."""
    part = parse(query) if query else None
    return None if part is None else _dated(part, root, query or "", call)


def _dated(part: Part, root: str, query: str, call: Call) -> Part:
    match part:
        case Every(parts=parts):
            return Every(tuple(_dated(each, root, query, call) for each in parts))
        case Some(parts=parts):
            return Some(tuple(_dated(each, root, query, call) for each in parts))
        case No(part=inner):
            return No(_dated(inner, root, query, call))
        case Term() if (cut := _CUT.fullmatch(part.value)) and part.field.endswith("_at") and not part.quoted:
            call.warnings.append(SearchWarning(root, query, cut["rest"], of_time=part.field))
            midnight = "" if part.comparator == "=" else "T00:00:00"
            return msgspec.structs.replace(part, value=cut["date"] + midnight)
    return part


def terms_of_query(query: str | None) -> list[Term]:
    """The terms of a query that `searched` took, each of which is compared with every row."""
    part = parse(query) if query else None
    return [] if part is None else terms_of(part)


def _joined(part: Part, plays: Plays[Test], joined: Algebra[Test]) -> Test:
    match part:
        case Every(parts=parts):
            return joined.every([_joined(each, plays, joined) for each in parts])
        case Some(parts=parts):
            return joined.some([_joined(each, plays, joined) for each in parts])
        case No(part=inner):
            return joined.no(_joined(inner, plays, joined))
        case Term():
            return plays[part.field](part)


def _require_played(root: str, query: str, terms: Iterable[Term], known: Iterable[str], call: Call) -> None:
    names = set(known)
    for term in terms:
        if term.field in names:
            continue
        if term.field == DEFAULT:
            raise not_played("search term", f"without a field, of {root}")
        if not real_schema.searches(root, term.field):
            call.warnings.append(SearchWarning(root, query, term.field))
        raise not_played("search term", f"{term.field}: of {root}")


def known_terms(root: str, query: str | None, known: frozenset[str], call: Call) -> list[Term]:
    """The terms of a query that joins them by AND only. Raises GraphQLError for any other query."""
    part = _read(root, query, call)
    if part is None:
        return []
    terms = terms_of(part)
    _require_played(root, query or "", terms, known, call)
    if not isinstance(part, Term) and not (isinstance(part, Every) and len(part.parts) == len(terms)):
        raise not_played("search term", f"with OR, NOT or parentheses, of {root}")
    return terms


def counted(number: int, limit: int | None) -> Counted:
    """A count that stops at a limit."""
    return Counted(number) if limit is None or number <= limit else Counted(limit, "AT_LEAST")


class Bounds(NamedTuple):
    """A half-open interval of integers, [low, high)."""

    low: int
    high: int

    def holds(self, number: int) -> bool:
        return self.low <= number < self.high


def parse_second(text: str, zone: timezone = UTC) -> int | None:
    """Seconds since 1970 of an ISO 8601 date or time, which is one of `zone` if it has no offset. None for others."""
    try:
        moment = datetime.fromisoformat(f"{text}-01-01" if _YEAR.fullmatch(text) else text)
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp())


def number_bounds(term: Term) -> Bounds:
    """The whole numbers that satisfy the term."""
    if not _NUMBER.fullmatch(term.value):
        raise bad_request(f"Invalid value {term.value!r} for search field {term.field!r}: write a whole number.")
    return _bounds(term.comparator, int(term.value), 1, 1)


def time_bounds(term: Term, call: Call) -> Bounds:
    """The monotonic nanoseconds that satisfy the term. Times are whole seconds; a date alone is a day of the shop."""
    now = term.value.casefold() == "now"
    second = call.wall.wall(call.now_ns) // SECOND_NS if now else parse_second(term.value, SHOP_OFFSET)
    if second is None:
        raise bad_request(f"Invalid timestamp for query filter `{term.field}`.")  # recorded of bulkOperations
    width = _DAY_S if _DATE_ONLY.fullmatch(term.value) else 1
    found = _bounds(term.comparator, second, width, SECOND_NS)
    shift = call.wall.monotonic_ns - call.wall.wall_ns
    return Bounds(found.low + shift, found.high + shift)


def text_pattern(term: Term) -> tuple[str, bool]:
    """The text to look for, in lower case, and whether it is a prefix (a trailing "*")."""
    wanted = term.value.casefold()
    return (wanted[:-1], True) if wanted.endswith("*") and not term.quoted else (wanted, False)


def listed(term: Term) -> list[Term]:
    """The terms that a comma-separated list stands for, as in `status:active,draft`; otherwise the term itself."""
    if term.quoted or "," not in term.value:
        return [term]
    return [msgspec.structs.replace(term, value=value) for value in term.value.split(",") if value]


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


class Predicates:
    """Tests of rows in memory. The algebra of `searched` for them. A loop takes a third of a generator's time."""

    def every(self, tests: list[Callable[[Any], bool]]) -> Callable[[Any], bool]:
        def holds(row: Any) -> bool:
            for test in tests:  # noqa: SIM110 - as above
                if not test(row):
                    return False
            return True

        return holds

    def some(self, tests: list[Callable[[Any], bool]]) -> Callable[[Any], bool]:
        def holds(row: Any) -> bool:
            for test in tests:  # noqa: SIM110 - as above
                if test(row):
                    return True
            return False

        return holds

    def no(self, test: Callable[[Any], bool]) -> Callable[[Any], bool]:
        return lambda row: not test(row)
