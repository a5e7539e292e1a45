"""What the Admin API does between calls: bulk operations run, end with a webhook, and leave files to fetch."""

from typing import Final

import msgspec

from stockstorm.simulator.api.admin.base.bulk import FILES, BulkOperation, BulkOperations, Query
from stockstorm.simulator.api.admin.base.call import AdminOptions, AdminState, Call
from stockstorm.simulator.api.admin.execution.bulk import prepare
from stockstorm.simulator.api.admin.execution.documents import Documents
from stockstorm.simulator.api.admin.resolvers.schema import admin_schema
from stockstorm.simulator.api.exchange import REQUEST_ID, ApiReply, ApiRequest, request_id
from stockstorm.simulator.clock import WallPair
from stockstorm.simulator.history.facts import AnyFact, ApiCalled
from stockstorm.simulator.model import Event
from stockstorm.simulator.versions import NEWEST, ApiVersion
from stockstorm.simulator.world import World

OPERATION: Final = "GET bulk operation file"
_HEADERS: Final = (("Content-Type", "application/jsonl; charset=utf-8"),)


class Finished(msgspec.Struct, frozen=True):
    """The body of bulk_operations/finish."""

    admin_graphql_api_id: str
    completed_at: str | None
    created_at: str
    error_code: str | None
    status: str
    type: str = "query"


class Background:
    """The work of one app between its calls. Pure: `work` is called again and again while `busy`."""

    def __init__(
        self, world: World, wall: WallPair, state: AdminState, options: AdminOptions, documents: Documents
    ) -> None:
        self._world, self._wall, self._state, self._options = world, wall, state, options
        self._documents = documents
        self._now_ns = 0
        state.bulk = BulkOperations(self._prepared)

    @property
    def busy(self) -> bool:
        """Whether there is anything to do."""
        return bool(self._state.bulk.open)

    def work(self, now_ns: int) -> tuple[list[AnyFact], list[Event]]:
        """A slice of what is to do, and what it has changed."""
        self._now_ns = now_ns
        self._world.begin_call()
        facts: list[AnyFact] = []
        events: list[Event] = []
        for ended in self._state.bulk.work(now_ns):
            changes = self._world.bulk_finished(self._told(ended), now_ns)
            facts += changes.facts
            events += changes.events
        return facts, events

    def file(self, request: ApiRequest, serial: int, now_ns: int) -> ApiReply | None:
        """The answer to a request for a file; None for any other request."""
        if not request.path.startswith(FILES):
            return None
        found = self._state.bulk.at(request.path) if request.method == "GET" else None
        shown = [] if found is None else found.shown.facts(serial, now_ns)
        status, body = (404, b"Not Found") if found is None or found.file is None else (200, found.file)
        called = ApiCalled(
            at_ns=now_ns,
            request=serial,
            api="admin",
            operation=OPERATION,
            status=status,
            outcome="ok" if status == 200 else "bad_request",
            started_ns=now_ns,
            rows=0 if found is None else found.objects,
        )
        headers = (*_HEADERS, (REQUEST_ID, request_id(serial)))
        return ApiReply(status, headers, body, [*shown, called], [])

    def _prepared(self, text: str, version: ApiVersion) -> Query | str:
        return prepare(self._documents, admin_schema(version), text, lambda: self._call(0, self._now_ns, version))

    def _call(self, serial: int, now_ns: int, version: ApiVersion | None = None) -> Call:
        parts = (self._world, self._wall, self._state, self._options)
        return Call(*parts, request=serial, now_ns=now_ns, version=version or NEWEST, bounded=False)

    def _told(self, ended: BulkOperation) -> bytes:
        call = self._call(0, self._now_ns)
        completed = None if ended.completed_ns is None else call.time_text(ended.completed_ns)
        error = None if ended.error is None else ended.error.lower()
        gid = f"gid://shopify/BulkOperation/{ended.operation_id}"
        told = Finished(gid, completed, call.time_text(ended.created_ns), error, ended.status.lower())
        return msgspec.json.encode(told)
