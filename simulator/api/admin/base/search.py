"""Shopify's search syntax: terms `field:value`, words, AND, OR, NOT, "-", parentheses, quotes and a trailing "*".

Example: `created_at:>='2026-11-24T06:00:00Z' AND (tag:vip OR -email:*@example.com)`. Terms side by side are joined by
AND, which binds more closely than OR. A field that is not played is an error, because ignoring it would answer with
every row. A field that Shopify does not have either is also named in `extensions.search`, as Shopify does.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal, NamedTuple, Protocol, TypeVar

import msgspec
from graphql import GraphQLError

from stockstorm.simulator.api.admin import real_schema
from stockstorm.simulator.api.admin.base.call import Call, SearchWarning
from stockstorm.simulator.api.admin.base.problems import bad_request
from stockstorm.simulator.api.not_played import not_played
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.limits import SEARCH_MAX, SEARCH_TERMS_MAX

Comparator = Literal["=", ">", ">=", "<", "<="]
DEFAULT: Final = ""  # the field of a word without one
NESTING_MAX: Final = 20  # parentheses and negations within each other

_TERM: Final = re.compile(
    r"""(?:(?P<field>[A-Za-z_][A-Za-z0-9_.]*):[ ]*(?P<op>>=|<=|>|<)?[ ]*)?"""
    r"""(?P<value>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s'"()][^\s()]*)"""
)
_WORD: Final = re.compile(r"(AND|OR|NOT)(?=[\s()]|$)", re.IGNORECASE)
_COMPARATORS: Final[dict[str | None, Comparator]] = {None: "=", ">": ">", ">=": ">=", "<": "<", "<=": "<="}
_ESCAPED: Final = re.compile(r"\\(.)")
_NUMBER: Final = re.compile(r"-?[0-9]{1,20}", re.ASCII)  # ids have 64 bits, and Python refuses to read 4,301 digits
_YEAR: Final = re.compile(r"\d{4}", re.ASCII)
_DATE_ONLY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_DAY_S: Final = 86_400


class Term(msgspec.Struct, frozen=True):
    """One condition of a query. `quoted`: its value is to be taken as it stands."""

    field: str
    comparator: Comparator
    value: str
    quoted: bool = False


class Every(msgspec.Struct, frozen=True):
    """All of these."""

    parts: tuple["Part", ...]


class Some(msgspec.Struct, frozen=True):
    """At least one of these."""

    parts: tuple["Part", ...]


class No(msgspec.Struct, frozen=True):
    """Not this."""

    part: "Part"


Part = Term | Every | Some | No
Test = TypeVar("Test")


class Algebra(Protocol[Test]):
    """How tests are joined: predicates over rows in memory, or conditions of a database."""

    def every(self, tests: list[Test]) -> Test: ...
    def some(self, tests: list[Test]) -> Test: ...
    def no(self, test: Test) -> Test: ...


Plays = Mapping[str, Callable[[Term], Test]]  # field → test of a term; under DEFAULT the test of a word


def parse(query: str) -> Part | None:
    """What a query asks for; None for a blank one. Raises GraphQLError."""
    if len(query) > SEARCH_MAX:
        raise bad_request(f"The search query is {len(query)} characters long, the maximum is {SEARCH_MAX}.")
    return None if not query.strip() else _Parser(query).whole()


class _Parser:
    def __init__(self, query: str) -> None:
        self._query, self._at, self._terms = query, 0, 0

    def whole(self) -> Part:
        found = self._some(0)
        if self._rest():
            raise self._malformed()
        return found

    def _some(self, depth: int) -> Part:
        parts = [self._every(depth)]
        while self._taken_word("OR"):
            parts.append(self._every(depth))
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def _every(self, depth: int) -> Part:
        parts = [self._one(depth)]
        while (rest := self._rest()) and rest[0] != ")" and not self._next_word("OR"):
            self._taken_word("AND")
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _one(self, depth: int) -> Part:
        if depth > NESTING_MAX:
            raise bad_request(f"The search query is nested more than {NESTING_MAX} levels deep.")
        rest = self._rest()
        if rest.startswith("-"):
            self._at += 1
            return No(self._one(depth + 1))
        if self._taken_word("NOT"):
            return No(self._one(depth + 1))
        if rest.startswith("("):
            self._at += 1
            inner = self._some(depth + 1)
            if not self._rest().startswith(")"):
                raise self._malformed()
            self._at += 1
            return inner
        return self._term()

    def _term(self) -> Term:
        found = _TERM.match(self._query, self._at)
        if found is None or self._next_word("AND") or self._next_word("OR"):
            raise self._malformed()
        if found["field"] is None and found["value"].endswith(":"):
            raise self._malformed()
        self._at = found.end()
        self._terms += 1
        if self._terms > SEARCH_TERMS_MAX:
            raise bad_request(f"The search query has more than {SEARCH_TERMS_MAX} terms.")
        value, quoted = found["value"], found["value"][0] in "'\""
        value = _ESCAPED.sub(r"\1", value[1:-1] if quoted else value)
        return Term(found["field"] or DEFAULT, _COMPARATORS[found["op"]], value, quoted)

    def _rest(self) -> str:
        """What is left, without leading white space; its first 8 characters are enough to decide."""
        while self._at < len(self._query) and self._query[self._at].isspace():
            self._at += 1
        return self._query[self._at : self._at + 8]

    def _next_word(self, word: str) -> bool:
        self._rest()
        found = _WORD.match(self._query, self._at)
        return found is not None and found[1].upper() == word

    def _taken_word(self, word: str) -> bool:
        if not self._next_word(word):
            return False
        self._at += len(word)
        return True

    def _malformed(self) -> GraphQLError:
        at = self._query[self._at :]
        return bad_request(
            f"The search query cannot be read from {at[:40]!r} on." if at else "The search query is cut off."
        )


def searched(root: str, query: str | None, plays: Plays[Test], joined: Algebra[Test], call: Call) -> Test | None:
    """The test that a query stands for; None if it is blank. Raises GraphQLError for a field that is not played."""
    part = parse(query) if query else None
    if part is None:
        return None
    _require_played(root, query or "", terms_of(part), plays.keys(), call)
    return _joined(part, plays, joined)


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


def terms_of(part: Part) -> list[Term]:
    """All terms, in order."""
    match part:
        case Every(parts=parts) | Some(parts=parts):
            return [term for each in parts for term in terms_of(each)]
        case No(part=inner):
            return terms_of(inner)
        case Term():
            return [part]


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
    part = parse(query) if query else None
    if part is None:
        return []
    terms = terms_of(part)
    _require_played(root, query or "", terms, known, call)
    if not isinstance(part, Term) and not (isinstance(part, Every) and len(part.parts) == len(terms)):
        raise not_played("search term", f"with OR, NOT or parentheses, of {root}")
    return terms


class Bounds(NamedTuple):
    """A half-open interval of integers, [low, high)."""

    low: int
    high: int

    def holds(self, number: int) -> bool:
        return self.low <= number < self.high


def parse_second(text: str) -> int | None:
    """Seconds since 1970 of an ISO 8601 date or time, in UTC if it has no offset. None for other text."""
    try:
        moment = datetime.fromisoformat(f"{text}-01-01" if _YEAR.fullmatch(text) else text)
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
    now = term.value.casefold() == "now"
    second = call.wall.wall(call.now_ns) // SECOND_NS if now else parse_second(term.value)
    if second is None:
        raise bad_request(f"Invalid value {term.value!r} for search field {term.field!r}: write an ISO 8601 time.")
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
    """Tests of rows in memory. The algebra of `searched` for them."""

    def every(self, tests: list[Callable[[Any], bool]]) -> Callable[[Any], bool]:
        return lambda row: all(test(row) for test in tests)

    def some(self, tests: list[Callable[[Any], bool]]) -> Callable[[Any], bool]:
        return lambda row: any(test(row) for test in tests)

    def no(self, test: Callable[[Any], bool]) -> Callable[[Any], bool]:
        return lambda row: not test(row)
