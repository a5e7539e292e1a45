"""Top-level errors in Shopify's format: of documents, variables, execution and whole requests.

Texts are those of recorded answers where recordings exist. Other errors keep the text of graphql-core.
"""

from collections.abc import Sequence
from typing import Any, Final

from graphql import GraphQLError

from stockstorm.simulator.limits import INPUT_ARRAY_MAX, QUERY_COST_MAX

Problem = dict[str, Any]  # one element of "errors" in the answer

UNAUTHORIZED: Final = "[API] Invalid API key or access token (unrecognized login or wrong password)"
THROTTLED: Final[Problem] = {
    "message": "Throttled",
    "extensions": {"code": "THROTTLED", "documentation": "https://shopify.dev/api/usage/rate-limits"},
}


def bad_request(message: str) -> GraphQLError:
    """A top-level error of one field, code BAD_REQUEST."""
    return GraphQLError(message, extensions={"code": "BAD_REQUEST"})


def literal_problem(
    argument: str,
    owner_kind: str,
    owner_name: str,
    value: str,
    expected: str,
    path: Sequence[str],
    locations: list[dict[str, int]],
) -> Problem:
    """A literal that is no value of its type. `path` is that of the owner, e.g. ["query Stock", "orders"]."""
    return {
        "message": f"Argument '{argument}' on {owner_kind} '{owner_name}' has an invalid value ({value}). "
        f"Expected type '{expected}'.",
        "locations": locations,
        "path": [*path, argument],
        "extensions": {"code": "argumentLiteralsIncompatible", "typeName": owner_kind, "argumentName": argument},
    }


def syntax_problem(unexpected: str, line: int, column: int) -> Problem:
    """A document that cannot be parsed. Recorded for "end of file"; the names of tokens are assumed."""
    return {
        "message": f"syntax error, unexpected {unexpected} at [{line}, {column}]",
        "locations": [{"line": line, "column": column}],
        "extensions": {"code": "PARSE_ERROR"},
    }


def of_execution(error: GraphQLError) -> Problem:
    """An error of one field during execution."""
    problem: Problem = {"message": error.message, "locations": _locations(error)}
    if error.extensions:
        problem["extensions"] = error.extensions
    if error.path:
        problem["path"] = list(error.path)
    return problem


def input_too_large(path: Sequence[str], size: int, locations: list[dict[str, int]]) -> Problem:
    """An input array above 250. The whole request is refused before execution."""
    return {
        "message": f"The input array size of {size} is greater than the maximum allowed of {INPUT_ARRAY_MAX}.",
        "locations": locations,
        "path": list(path),
        "extensions": {"code": "MAX_INPUT_SIZE_EXCEEDED"},
    }


def cost_too_high(cost: int) -> Problem:
    """A single query above 1,000 points."""
    return {
        "message": f"Query cost is {cost}, which exceeds the single query max cost limit ({QUERY_COST_MAX}).",
        "extensions": {
            "code": "MAX_COST_EXCEEDED",
            "cost": cost,
            "maxCost": QUERY_COST_MAX,
            "documentation": "https://shopify.dev/api/usage/rate-limits",
        },
    }


def _locations(error: GraphQLError) -> list[dict[str, int]]:
    return [{"line": each.line, "column": each.column} for each in error.locations or ()]
