"""GraphQL over HTTP: the type of a call's body, and the type of its answer (docs/sources.md, S9).

Since the version 2025-01 Shopify takes JSON only. The address that ends in ".json" always answers JSON. The one without
it answers in the type that the caller accepts, and in `RESPONSE` a document that is not executed is HTTP 400.
"""

from typing import Final, Literal

from stockstorm.simulator.api.exchange import ApiRequest

AnswerType = Literal["application/json", "application/graphql-response+json"]
JSON: Final[AnswerType] = "application/json"
RESPONSE: Final[AnswerType] = "application/graphql-response+json"
UNSUPPORTED: Final = "Unsupported Content-Type header, use application/json"  # as clients of Shopify report it
NOT_ACCEPTABLE: Final = "Not Acceptable"  # assumed: the documents name the status only
_ANY: Final = ("", "*/*", "application/*")


def is_json(request: ApiRequest) -> bool:
    """Whether the body is declared as JSON. A body without a type is not."""
    declared = request.headers.get("content-type", "")
    return declared == JSON or _essence(declared) == JSON


def answer_type(request: ApiRequest) -> AnswerType | None:
    """The type of the answer. None: the caller accepts no type that there is."""
    if request.path.endswith(".json"):
        return JSON
    for each in request.headers.get("accept", "").split(","):
        match _essence(each):
            case "application/graphql-response+json":
                return RESPONSE
            case essence if essence == JSON or essence in _ANY:
                return JSON
    return None


def _essence(declared: str) -> str:
    """A media type without its parameters, in lower case."""
    return declared.partition(";")[0].strip().lower()
