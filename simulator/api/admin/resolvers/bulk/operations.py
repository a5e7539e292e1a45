"""bulkOperationRunQuery, bulkOperationCancel, and what is told of operations."""

from collections.abc import Sequence
from typing import Final

import msgspec

from stockstorm.simulator.api.admin.base.bulk import OPEN, BulkOperation
from stockstorm.simulator.api.admin.base.call import Arguments, Call, Resolver
from stockstorm.simulator.api.admin.base.pages import Page, page_of
from stockstorm.simulator.api.admin.base.search import known_terms, number_bounds, text_test, time_bounds
from stockstorm.simulator.api.admin.base.views import UserError, gid, number_of
from stockstorm.simulator.api.admin.resolvers.adjustments import CODED_ERROR
from stockstorm.simulator.api.not_played import not_played

CONCURRENT_MAX: Final = 5  # since 2026-01; before, one


class BulkPayload(msgspec.Struct, frozen=True):
    """What both mutations answer."""

    operation: BulkOperation | None = None
    errors: tuple[UserError, ...] = ()


def run_query(_source: None, arguments: Arguments, call: Call) -> BulkPayload:
    """The operation begins a moment later, in the background."""
    text, operations = arguments["query"], call.state.bulk
    query = operations.prepare(text, call.version)
    if isinstance(query, str):
        return _refused(UserError(("query",), query, "INVALID"), call)
    limit = CONCURRENT_MAX if call.in_force("five bulk queries at once") else 1
    if len(running := operations.open) >= limit:
        ids = ", ".join(gid("BulkOperation", each.operation_id) for each in running)
        text = f"A bulk query operation for this app and shop is already in progress: {ids}."
        return _refused(UserError(None, text, "OPERATION_IN_PROGRESS"), call)
    return BulkPayload(operations.start(text, query, call.now_ns))


def cancel(_source: None, arguments: Arguments, call: Call) -> BulkPayload:
    found = one(None, arguments, call)
    if found is None:
        return _refused(UserError(("id",), "Bulk operation does not exist", "INVALID"), call)
    if found.status not in OPEN:
        text = f"A bulk operation cannot be canceled when it is {found.status.lower()}"
        return BulkPayload(found, _refused(UserError(("id",), text, "INVALID"), call).errors)
    found.status = "CANCELING"
    return BulkPayload(found)


def _refused(error: UserError, call: Call) -> BulkPayload:
    call.refuse([error.message])
    return BulkPayload(errors=(error,))


def one(_source: None, arguments: Arguments, call: Call) -> BulkOperation | None:
    return call.state.bulk.get(number_of("BulkOperation", arguments["id"]))


def current(_source: None, arguments: Arguments, call: Call) -> BulkOperation | None:
    """The newest operation. Bulk mutations are not played, so there are none of them."""
    return next(reversed(call.state.bulk.all), None) if arguments["type"] == "QUERY" else None


def many(_source: None, arguments: Arguments, call: Call) -> Page[BulkOperation]:
    """Operations, newest first."""
    if arguments["sortKey"] != "CREATED_AT":
        raise not_played("sort key", f"{arguments['sortKey']} of bulkOperations")
    rows = _searched(arguments.get("query"), call)
    return page_of(rows, _key, arguments | {"reverse": not arguments["reverse"]})


def _key(row: BulkOperation) -> tuple[int, int]:
    return row.created_ns, row.operation_id


def _searched(query: str | None, call: Call) -> Sequence[BulkOperation]:
    rows: Sequence[BulkOperation] = call.state.bulk.all
    known = frozenset({"created_at", "id", "operation_type", "status"})
    for term in known_terms("bulkOperations", query, known, call):
        match term.field:
            case "id":
                bounds = number_bounds(term)
                rows = [row for row in rows if bounds.holds(row.operation_id)]
            case "created_at":
                bounds = time_bounds(term, call)
                rows = [row for row in rows if bounds.holds(row.created_ns)]
            case "status":
                test = text_test(term)
                rows = [row for row in rows if test(row.status)]
            case _:
                rows = rows if text_test(term)("query") else []
    return rows


def _url(row: BulkOperation, _arguments: Arguments, call: Call) -> str | None:
    """The address of the file at the host that the caller asked; None while there is none, or nothing in it."""
    return None if row.file is None else f"http://{call.host}{row.path}"


def _completed(row: BulkOperation, _arguments: Arguments, call: Call) -> str | None:
    return None if row.completed_ns is None else call.time_text(row.completed_ns)


QUERIES: Final[dict[str, Resolver]] = {
    "bulkOperation": one,
    "bulkOperations": many,
    "currentBulkOperation": current,
}
MUTATIONS: Final[dict[str, Resolver]] = {"bulkOperationRunQuery": run_query, "bulkOperationCancel": cancel}
_PAYLOAD: Final[dict[str, Resolver]] = {
    "bulkOperation": lambda payload, _arguments, _call: payload.operation,
    "userErrors": lambda payload, _arguments, _call: payload.errors,
}
OPERATION: Final[dict[str, Resolver]] = {
    "id": lambda row, _arguments, _call: gid("BulkOperation", row.operation_id),
    "query": lambda row, _arguments, _call: row.text,
    "status": lambda row, _arguments, _call: row.status,
    "type": lambda _row, _arguments, _call: "QUERY",
    "errorCode": lambda row, _arguments, _call: row.error,
    "createdAt": lambda row, _arguments, call: call.time_text(row.created_ns),
    "completedAt": _completed,
    "objectCount": lambda row, _arguments, _call: str(row.objects),
    "rootObjectCount": lambda row, _arguments, _call: str(row.roots),
    "fileSize": lambda row, _arguments, _call: None if row.file is None else str(len(row.file)),
    "url": _url,
    "partialDataUrl": lambda _row, _arguments, _call: None,
}
TYPES: Final[dict[str, dict[str, Resolver]]] = {
    "BulkOperation": OPERATION,
    "BulkOperationRunQueryPayload": _PAYLOAD,
    "BulkOperationCancelPayload": _PAYLOAD,
    "BulkOperationUserError": CODED_ERROR,
}
