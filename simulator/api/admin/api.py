"""The Admin GraphQL API as a function: a request and a time in, an answer with its facts and events out.

The order of checks is Shopify's: token, JSON, document, variables, sizes, cost, throttle, execution. GraphQL errors
have HTTP status 200.
"""

import re
from collections.abc import Callable
from typing import Any, Final

import msgspec
from graphql.execution.values import VariableValues

from stockstorm.simulator.api.admin.background import Background
from stockstorm.simulator.api.admin.base.call import (
    AdminOptions,
    AdminState,
    AnswerTooLarge,
    Call,
    SearchWarning,
    key_of,
)
from stockstorm.simulator.api.admin.base.problems import THROTTLED, UNAUTHORIZED, Problem, cost_too_high
from stockstorm.simulator.api.admin.execution.bounds import TOO_LARGE, long_inputs, variables_problem
from stockstorm.simulator.api.admin.execution.cost import Bucket, actual_cost, requested_cost
from stockstorm.simulator.api.admin.execution.cost_fields import DEBUG_HEADER, cost_fields
from stockstorm.simulator.api.admin.execution.documents import Document, Documents, Operation, Result, run
from stockstorm.simulator.api.admin.execution.global_ids import variable_problems
from stockstorm.simulator.api.admin.execution.told import TOKEN_HEADER, answer_texts, denial_text, strangers
from stockstorm.simulator.api.admin.execution.variables import coerce_variables
from stockstorm.simulator.api.admin.negotiation import (
    JSON,
    NOT_ACCEPTABLE,
    RESPONSE,
    UNSUPPORTED,
    answer_type,
    is_json,
)
from stockstorm.simulator.api.admin.resolvers.products.searches import prepare
from stockstorm.simulator.api.admin.resolvers.schema import admin_schemas
from stockstorm.simulator.api.exchange import REQUEST_ID, ApiReply, ApiRequest, RequestSerial, not_played, request_id
from stockstorm.simulator.api.faults.injection import NONE, Injection
from stockstorm.simulator.api.not_played import few, names_in
from stockstorm.simulator.clock import WallPair
from stockstorm.simulator.config import WorldConfig
from stockstorm.simulator.errors import UNREADABLE_JSON
from stockstorm.simulator.history.facts import ApiCalled, VersionAsked
from stockstorm.simulator.history.texts import error_texts
from stockstorm.simulator.limits import QUERY_COST_MAX
from stockstorm.simulator.model import ApiOutcome
from stockstorm.simulator.shop.records import TooMuchWork
from stockstorm.simulator.versions import NEWEST, ApiVersion, serving
from stockstorm.simulator.world import World

_PATH: Final = re.compile(r"/admin/api(?:/([^/]+))?/graphql(?:\.json)?")
_CONTENT_TYPES: Final = {kind: ("Content-Type", f"{kind}; charset=utf-8") for kind in (JSON, RESPONSE)}
_SUCCEEDED: Final[tuple[ApiOutcome, ...]] = ("ok", "replayed")
DRAINED: Final = Injection("throttled", executes=False)
HOST_MAX: Final = 255  # characters
FAILED: Final = "Internal Server Error"
NO_QUERY: Final = {"query": "Required parameter missing or invalid"}
_DEFAULT_OPTIONS: Final = AdminOptions()


class _Body(msgspec.Struct, frozen=True):
    query: str | None = None
    variables: dict[str, Any] | None = None
    operation_name: str | None = msgspec.field(default=None, name="operationName")


class _Answer(msgspec.Struct, frozen=True):
    """The answer, and how the history records the call. `cost` is the actual cost, or the requested one if unknown."""

    body: dict[str, Any]
    outcome: ApiOutcome
    operation: str = ""
    cost: int = 0
    status: int = 200
    met: Injection = NONE  # the fault that applies to the call; none where the API itself refused it


class AdminApi:
    """The API of one shop for one app, in every version that is served."""

    def __init__(
        self,
        world: World,
        config: WorldConfig,
        token: str,
        wall: WallPair,
        *,
        serial: RequestSerial | None = None,
        options: AdminOptions = _DEFAULT_OPTIONS,
    ) -> None:
        self._world, self._wall, self._options = world, wall, options
        world.app.tokens.add(token)
        self._serial = serial or RequestSerial()
        self._schemas = admin_schemas()  # all at once, because building one takes longer than a call may
        self._oldest = config.shop.oldest_api_version
        self.state = AdminState(world.catalogue)
        prepare(self.state, wall.monotonic_ns)
        self._bucket = Bucket(config.shop.plan)
        self._decode = msgspec.json.Decoder(_Body).decode
        self._encode = msgspec.json.Encoder().encode
        self.documents = Documents(self._schemas[NEWEST])
        self.background = Background(world, wall, self.state, options, self.documents)

    def handle(self, request: ApiRequest, now_ns: int, injection: Injection = NONE) -> ApiReply:
        """Answer one request. The reply holds all resulting facts and events.

        `injection` applies to a call that would be executed without it.
        """
        self._world.begin_call()
        serial = self._serial.take()
        if (file := self.background.file(request, serial, now_ns)) is not None:
            return file
        asked = asked_version(request.path)
        served = None if asked is None else serving(asked, self._oldest)
        call = Call(
            self._world,
            self._wall,
            self.state,
            self._options,
            request=serial,
            now_ns=now_ns,
            version=served or NEWEST,
            host=request.headers.get("host", "")[:HOST_MAX],
            tells_costs=bool(request.headers.get(DEBUG_HEADER)),
        )
        kind = answer_type(request)
        answer = self._answer(request, call, injection, is_served=served is not None)
        status = 400 if kind == RESPONSE and _is_refused(answer) else answer.status
        errors = self._errors(request, answer, call)
        called = ApiCalled(
            at_ns=now_ns,
            request=call.request,
            api="admin",
            operation=answer.operation,
            status=status,
            outcome=answer.outcome,
            started_ns=now_ns,
            cost=answer.cost,
            rows=call.rows,
            errors=errors,
            strangers=strangers(request.body, self.state) if errors else (),
            key=call.key,
            unplayed=few((*call.unplayed, *names_in(answer.body.get("errors")))),
        )
        facts = [*call.facts, *call.shown(), *self._newly_asked(asked, served, answer, now_ns), called]
        version = ("X-Shopify-API-Version", call.version)
        headers = (_CONTENT_TYPES[kind or JSON], version, (REQUEST_ID, request_id(call.request)))
        reply = ApiReply(status, headers, self._encode(answer.body), facts, call.events)
        if call.key and answer.outcome in _SUCCEEDED and answer.met.in_progress_ns:
            self.state.keys.begin(call.key, now_ns + answer.met.in_progress_ns, now_ns)
        return answer.met.applied(reply)

    def _newly_asked(
        self, asked: str | None, served: ApiVersion | None, answer: _Answer, now_ns: int
    ) -> list[VersionAsked]:
        if asked is None or served is None or answer.outcome == "denied":
            return []
        return self.state.newly_asked(asked, served, now_ns)

    def _errors(self, request: ApiRequest, answer: _Answer, call: Call) -> tuple[str, ...]:
        if answer.outcome == "denied":
            return (denial_text(request.headers),)
        return error_texts(answer_texts(answer.body, call), self._world.app.hidden)

    def _answer(self, request: ApiRequest, call: Call, injection: Injection, *, is_served: bool) -> _Answer:
        denied = self._denied(request, call.now_ns, is_served=is_served)
        if denied is not None:
            return denied
        try:
            body = self._decode(request.body)
        except UNREADABLE_JSON as error:
            return _Answer({"errors": f"Bad Request: {error}"}, "bad_request", status=400)
        if body.query is None:
            return _Answer({"errors": NO_QUERY}, "bad_request", status=400)
        document = self.documents.get(body.query, self._schemas[call.version])
        if document.problems:
            return _Answer({"errors": document.problems}, "error")
        operation = document.select(body.operation_name)
        if operation is None:
            return _refused([_unknown_operation(body.operation_name)], "")
        return self._checked(document, operation, body.variables or {}, call, injection)

    def _denied(self, request: ApiRequest, now_ns: int, *, is_served: bool) -> _Answer | None:
        if not is_served:
            return _Answer({"errors": "Not Found"}, "bad_request", not_played(request), status=404)
        if request.method != "POST":
            body = {"errors": "Method Not Allowed: POST a GraphQL document"}
            return _Answer(body, "bad_request", not_played(request), status=405)
        if not self._world.app.authorised(request.headers.get(TOKEN_HEADER, ""), now_ns):
            return _Answer({"errors": UNAUTHORIZED}, "denied", status=401)
        if not is_json(request):
            return _Answer({"errors": UNSUPPORTED}, "bad_request", status=415)
        if answer_type(request) is None:
            return _Answer({"errors": NOT_ACCEPTABLE}, "bad_request", status=406)
        return None

    def _checked(
        self, document: Document, operation: Operation, raw: dict[str, Any], call: Call, injection: Injection
    ) -> _Answer:
        """Check variables, sizes, cost and throttle, then execute."""
        name, node, fragments, schema = operation.root_names, operation.node, operation.fragments, document.schema
        variables = _read(document, operation, raw)
        if isinstance(variables, list):
            return _refused(variables, name)
        requested = requested_cost(schema, node, fragments, variables.coerced)
        if requested > QUERY_COST_MAX:
            return _refused([cost_too_high(requested)], name)
        if (kept_out := self._kept_out(name, requested, call.now_ns, injection)) is not None:
            call.key = key_of(schema, node, variables)
            return kept_out
        result = _within_bounds(lambda: run(document, operation, variables, raw, call), call)
        actual = min(requested, actual_cost(schema, node, fragments, variables.coerced, result.data))
        self._bucket.refund(requested - actual)
        call.cost_fields = cost_fields(schema, node, fragments, variables.coerced) if call.tells_costs else None
        outcome: ApiOutcome = "error" if result.problems and call.outcome in _SUCCEEDED else call.outcome
        return _Answer(self._body(result, requested, actual, call), outcome, name, actual, met=injection)

    def _kept_out(self, name: str, requested: int, now_ns: int, injection: Injection) -> _Answer | None:
        """The answer to a call that a fault or the throttle keeps from being executed. None: its points are paid."""
        if injection.kind == "throttled":
            self._bucket.drain(now_ns)
        elif not injection.executes:
            return _Answer({"errors": FAILED}, "failed", name, status=injection.status, met=injection)
        if self._bucket.take(requested, now_ns):
            return None
        body = {"errors": [THROTTLED], "extensions": {"cost": self._cost(requested, None)}}
        met = DRAINED if self._bucket.lacks_drained(requested) else NONE
        return _Answer(body, "throttled", name, requested, met=met)

    def _body(self, result: Result, requested: int, actual: int, call: Call) -> dict[str, Any]:
        extensions: dict[str, Any] = {"cost": self._cost(requested, actual)}
        if call.cost_fields is not None:
            extensions["cost"]["fields"] = call.cost_fields
        if call.warnings:
            extensions["search"] = [_search_warning(each) for each in call.warnings]
        if result.problems:
            return {"errors": result.problems, "data": result.data, "extensions": extensions}
        return {"data": result.data, "extensions": extensions}

    def _cost(self, requested: int, actual: int | None) -> dict[str, Any]:
        return {
            "requestedQueryCost": requested,
            "actualQueryCost": actual,
            "throttleStatus": self._bucket.status(),
        }


def _is_refused(answer: _Answer) -> bool:
    """Whether the document was not executed, because it or its variables are wrong."""
    return answer.outcome == "error" and "data" not in answer.body


def asked_version(path: str) -> str | None:
    """The version in the address of a GraphQL call, "" for none. None: it is no such address."""
    found = _PATH.fullmatch(path)
    return None if found is None else found[1] or ""


def _read(document: Document, operation: Operation, raw: dict[str, Any]) -> VariableValues | list[Problem]:
    """The variables, or what is wrong with them: their sizes, their types, their ids."""
    schema, node = document.schema, operation.node
    if (problem := variables_problem(raw)) is not None:
        return [problem]
    if too_large := long_inputs(schema, node, operation.fragments, raw):
        return too_large
    variables = coerce_variables(schema, node, raw)
    if isinstance(variables, list):
        return variables
    return variable_problems(operation.ids, raw) or variables


def _within_bounds(execute: Callable[[], Result], call: Call) -> Result:
    """The result, or an error if answer or searches are too large. Changes remain, as when an answer gets lost."""
    try:
        return execute()
    except (AnswerTooLarge, TooMuchWork):
        call.start_over()
        return Result(None, [TOO_LARGE])


def _refused(problems: list[Problem], operation: str) -> _Answer:
    return _Answer({"errors": problems}, "error", operation)


def _unknown_operation(name: str | None) -> Problem:
    """As recorded, without a code."""
    return {"message": f'No operation named "{name}"' if name else "An operation name is required"}


def _search_warning(warning: SearchWarning) -> dict[str, Any]:
    ignored = {"field": warning.field, "message": "Invalid search field for this query.", "code": "invalid_field"}
    return {"path": [warning.root], "query": warning.query, "warnings": [ignored]}
