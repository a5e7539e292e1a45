"""Top-level errors in Shopify's format: of documents, variables, execution and whole requests.

Texts are those of recorded answers where recordings exist. Other errors keep the text of graphql-core.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

from graphql import GraphQLError

from stockstorm.simulator.api.not_played import not_played
from stockstorm.simulator.limits import INPUT_ARRAY_MAX, QUERY_COST_MAX

Problem = dict[str, Any]  # one element of "errors" in the answer

UNAUTHORIZED: Final = "[API] Invalid API key or access token (unrecognized login or wrong password)"
THROTTLED: Final[Problem] = {
    "message": "Throttled",
    "extensions": {"code": "THROTTLED", "documentation": "https://shopify.dev/api/usage/rate-limits"},
}

_QUOTED: Final = r"'([^']+)'"
_UNDEFINED_FIELD: Final = re.compile(rf"Cannot query field {_QUOTED} on type {_QUOTED}")
_UNKNOWN_ARGUMENT: Final = re.compile(r"Unknown argument '([^']+)' on field '([^'.]+)\.([^']+)'")
_MISSING_ARGUMENT: Final = re.compile(r"Argument '([^'.]+)\.([^'(]+)\(([^:]+):\)' of type")
_MISSING_INPUT: Final = re.compile(r"required|Expected value|invalid value|cannot represent", re.IGNORECASE)


def bad_request(message: str) -> GraphQLError:
    """A top-level error of one field, code BAD_REQUEST."""
    return GraphQLError(message, extensions={"code": "BAD_REQUEST"})


def not_supported(what: str) -> GraphQLError:
    """An error for what Shopify has and the simulator does not play, instead of a wrong answer."""
    return not_played("use", what.removeprefix("the "))


def of_document(error: GraphQLError, operation: str) -> Problem:
    """A syntax or validation error. `operation` is the start of its path, e.g. "mutation Adjust"."""
    message, extensions = _as_recorded(error.message)
    problem: Problem = {"message": message, "locations": _locations(error)}
    if extensions:
        problem |= {"path": [operation], "extensions": extensions}
    return problem


def _as_recorded(message: str) -> tuple[str, dict[str, Any]]:
    if found := _UNDEFINED_FIELD.match(message):
        field, on = found.groups()
        return f"Field '{field}' doesn't exist on type '{on}'", {
            "code": "undefinedField",
            "typeName": on,
            "fieldName": field,
        }
    if found := _UNKNOWN_ARGUMENT.match(message):
        argument, _on, field = found.groups()
        text = f"Field '{field}' doesn't accept argument '{argument}'"
        return text, {"code": "argumentNotAccepted", "name": field, "typeName": "Field", "argumentName": argument}
    if found := _MISSING_ARGUMENT.match(message):
        _on, field, argument = found.groups()
        text = f"Field '{field}' is missing required arguments: {argument}"
        extensions = {"code": "missingRequiredArguments", "className": "Field", "name": field, "arguments": argument}
        return text, extensions
    if _MISSING_INPUT.search(message):
        return message, {"code": "argumentLiteralsIncompatible"}
    return message, {}


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
