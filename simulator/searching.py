"""The grammar of Shopify's search syntax, which queries of the Admin API and filters of webhooks share.

Terms `field:value`, words, AND, OR, NOT, "-", parentheses, quotes and a trailing "*". Terms side by side are joined by
AND, which binds more closely than OR.
"""

import re
from typing import Final, Literal

import msgspec

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


class Unreadable(ValueError):
    """A query that cannot be read. The message says why."""


def parse(query: str) -> Part | None:
    """What a query asks for; None for a blank one. Raises Unreadable."""
    if len(query) > SEARCH_MAX:
        raise Unreadable(f"The search query is {len(query)} characters long, the maximum is {SEARCH_MAX}.")
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
            raise Unreadable(f"The search query is nested more than {NESTING_MAX} levels deep.")
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
            raise Unreadable(f"The search query has more than {SEARCH_TERMS_MAX} terms.")
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

    def _malformed(self) -> Unreadable:
        at = self._query[self._at :]
        return Unreadable(
            f"The search query cannot be read from {at[:40]!r} on." if at else "The search query is cut off."
        )


def terms_of(part: Part) -> list[Term]:
    """All terms, in order."""
    match part:
        case Every(parts=parts) | Some(parts=parts):
            return [term for each in parts for term in terms_of(each)]
        case No(part=inner):
            return terms_of(inner)
        case Term():
            return [part]
