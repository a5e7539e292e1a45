"""What Shopify has and Stockstorm does not play: how the subject is told of it, and how the history learns of it.

An answer that Shopify would not give could make a sound service fail, or hide a flaw of another. So such a call gets
an error with the code NOT_PLAYED, and its names stand in `ApiCalled.unplayed`. A name is that of a field, an
endpoint and the like. It never holds a value that the subject sent.
"""

from collections.abc import Iterable
from typing import Any, Final, Literal

from graphql import GraphQLError

from stockstorm.simulator.limits import ERROR_TEXT_MAX, UNPLAYED_MAX

Kind = Literal[
    "endpoint", "parameter", "field", "argument", "value", "type", "search term", "sort key", "topic", "state", "use"
]  # fmt: skip
CODE: Final = "NOT_PLAYED"


def named(kind: Kind, what: str) -> str:
    """How the history names it, e.g. "topic carts/create"."""
    return f"{kind} {what}"[:ERROR_TEXT_MAX]


def message(kind: Kind, what: str) -> str:
    """What the subject is told."""
    return f"{CODE}: Stockstorm does not play the {named(kind, what)}; docs/own_service.md lists what it plays."


def extensions(kind: Kind, what: str) -> dict[str, str]:
    """The `extensions` of a GraphQL error, by which `names_in` finds it again."""
    return {"code": CODE, "notPlayed": named(kind, what)}


def not_played(kind: Kind, what: str) -> GraphQLError:
    """A GraphQL error, to raise in a resolver."""
    return GraphQLError(message(kind, what), extensions=extensions(kind, what))


def names_in(errors: object) -> Iterable[str]:
    """What the errors of a GraphQL answer say is not played."""
    if not isinstance(errors, list):
        return
    for problem in errors:
        found: Any = problem.get("extensions") or {}
        if found.get("code") == CODE:
            yield found["notPlayed"]


def few(names: Iterable[str]) -> tuple[str, ...]:
    """The first different names of one call, for its fact."""
    kept: dict[str, None] = {}
    for name in names:
        kept[name] = None
        if len(kept) == UNPLAYED_MAX:
            break
    return tuple(kept)
