"""The REST Admin API as a function: a request and a time in, an answer with its facts and events out.

The order of checks is Shopify's: token, bucket, path, parameters. An error is an HTTP status and `{"errors": …}`.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec
from graphql import GraphQLError

from stockstorm.simulator.api import not_played
from stockstorm.simulator.api.admin.api import DRAINED, FAILED
from stockstorm.simulator.api.admin.base.access import PROTECTED_DOCUMENTATION
from stockstorm.simulator.api.admin.base.call import AdminOptions, AdminState
from stockstorm.simulator.api.admin.base.problems import UNAUTHORIZED
from stockstorm.simulator.api.admin.execution.told import TOKEN_HEADER, denial_text
from stockstorm.simulator.api.exchange import REQUEST_ID, ApiReply, ApiRequest, RequestSerial, is_graphql, request_id
from stockstorm.simulator.api.exchange import not_played as astray
from stockstorm.simulator.api.faults.injection import NONE, Injection
from stockstorm.simulator.api.rest.bucket import CallBucket
from stockstorm.simulator.api.rest.call import NOT_FOUND, Refused, RestCall
from stockstorm.simulator.api.rest.index import Index
from stockstorm.simulator.api.rest.resources import REAL, ROUTES, Handler
from stockstorm.simulator.clock import WallPair
from stockstorm.simulator.config import WorldConfig
from stockstorm.simulator.events.encoding import escaped
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.history.facts import ApiCalled
from stockstorm.simulator.history.texts import error_texts
from stockstorm.simulator.limits import ERROR_TEXT_MAX
from stockstorm.simulator.model import ApiOutcome
from stockstorm.simulator.shop.records import TooMuchWork
from stockstorm.simulator.shop.scopes import missing_rest_scope, needed_scopes, rest_element
from stockstorm.simulator.versions import NEWEST, VERSIONS, serving
from stockstorm.simulator.world import World

OPERATION: Final = "REST"  # begins the operation of every call: "REST GET orders/{id}"
RETRY_AFTER_S: Final = "2.0"
THROTTLED: Final = "Exceeded {} calls per second for api client. Reduce request rates to resume uninterrupted service."
NOT_APPROVED: Final = (
    "[API] This app is not approved to access REST endpoints with protected customer data. "
    f"See {PROTECTED_DOCUMENTATION} for more details."
)
_PATH: Final = re.compile(r"/admin/(?:api/(?P<version>[^/]+)/)?(?P<resource>[^?]+?)(?P<json>\.json)?")
_ID: Final = re.compile(r"[0-9]{1,19}", re.ASCII)
_WORD: Final = re.compile(r"[a-z_]{1,40}")  # other parts of a path may be what a log must not hold
_OUTCOMES: Final[dict[int, ApiOutcome]] = {401: "denied", 403: "error", 422: "user_error", 429: "throttled"}
_CONTENT_TYPE: Final = ("Content-Type", "application/json; charset=utf-8")


_DEFAULT_OPTIONS: Final = AdminOptions()


def is_rest(path: str) -> bool:
    """Whether a path belongs to this API."""
    return path.startswith("/admin/") and not is_graphql(path)


class _Answer(msgspec.Struct, frozen=True):
    """The answer, and the fault that applies to the call; none where the API itself refused it."""

    status: int
    body: object
    outcome: ApiOutcome = "ok"
    met: Injection = NONE
    errors: tuple[str, ...] = ()


class RestApi:
    """The API of one shop for one app. It shares shop, tokens, scopes and the state of the API with GraphQL's."""

    def __init__(
        self,
        world: World,
        config: WorldConfig,
        wall: WallPair,
        state: AdminState,
        *,
        serial: RequestSerial | None = None,
        options: AdminOptions = _DEFAULT_OPTIONS,
    ) -> None:
        self._parts = (world, wall, state, options)
        self._world, self._serial, self._state = world, serial or RequestSerial(), state
        self._oldest = config.shop.oldest_api_version
        self._payloads = {
            version: Payloads(world.catalogue, config.shop, wall, config.app, version) for version in VERSIONS
        }
        self._index = Index(world.catalogue)
        self._bucket = CallBucket(config.shop.plan)
        self._encode = msgspec.json.Encoder().encode

    def handle(self, request: ApiRequest, now_ns: int, injection: Injection = NONE) -> ApiReply:
        """Answer one request. The reply holds all resulting facts and events.

        `injection` applies to a call that would be executed without it.
        """
        self._world.begin_call()
        found = _PATH.fullmatch(request.path)
        asked = (found["version"] or "") if found else ""
        served = serving(asked, self._oldest)
        call = RestCall(
            request,
            self._parts,
            self._payloads[served or NEWEST],
            self._index,
            serial=self._serial.take(),
            now_ns=now_ns,
            version=served or NEWEST,
        )
        if found and served:
            call.resource_path, call.is_json = found["resource"], found["json"] is not None
        answer = self._answer(call, injection)
        errors = error_texts((*answer.errors, *call.missing), self._world.app.hidden)
        called = ApiCalled(
            at_ns=now_ns,
            request=call.request,
            api="admin",
            operation=self._operation(call),
            status=answer.status,
            outcome=answer.outcome,
            started_ns=now_ns,
            cost=0 if answer.outcome in ("denied", "throttled") else 1,
            rows=call.rows,
            errors=errors,
            strangers=tuple(call.strangers) if errors else (),
            unplayed=not_played.few(call.unplayed),
        )
        body = b"" if answer.status == 204 else escaped(self._encode(answer.body))
        facts = [*call.facts, *call.shown()]
        if served is not None and answer.outcome != "denied":
            facts += self._state.newly_asked(asked, served, now_ns)
        facts.append(called)
        return answer.met.applied(ApiReply(answer.status, self._headers(call, answer), body, facts, call.events))

    def _operation(self, call: RestCall) -> str:
        known = call.template.split("/")[0] in REAL
        return f"{OPERATION} {call.http.method} {call.template}"[:ERROR_TEXT_MAX] if known else astray(call.http)

    def _headers(self, call: RestCall, answer: _Answer) -> tuple[tuple[str, str], ...]:
        headers = [_CONTENT_TYPE, ("X-Shopify-API-Version", call.version), (REQUEST_ID, request_id(call.request))]
        if answer.outcome != "denied":
            headers.append(("X-Shopify-Shop-Api-Call-Limit", self._bucket.status()))
        if answer.status == 429:
            headers.append(("Retry-After", RETRY_AFTER_S))
        if call.links and answer.status == 200:
            headers.append(("Link", ", ".join(call.links)))
        return tuple(headers)

    def _answer(self, call: RestCall, injection: Injection) -> _Answer:
        try:
            return self._admitted(call, injection)
        except (Refused, GraphQLError, TooMuchWork) as error:
            call.start_over()
            return _refusal(_as_refused(error, call))

    def _admitted(self, call: RestCall, injection: Injection) -> _Answer:
        denied = self._denied(call)
        if denied is not None:
            return denied
        if not self._bucket.take(call.now_ns):
            return self._throttled(DRAINED if self._bucket.full_of_others else NONE)
        handler = _route(call)
        self._require_access(call)
        if not injection.executes:
            return self._kept_out(call.now_ns, injection)
        call.read_parameters()
        status, body = handler(call)
        return _Answer(status, body, met=injection)

    def _denied(self, call: RestCall) -> _Answer | None:
        headers = call.http.headers
        if self._world.app.authorised(headers.get(TOKEN_HEADER, ""), call.now_ns):
            return None
        return _Answer(401, {"errors": UNAUTHORIZED}, "denied", errors=(denial_text(headers),))

    def _require_access(self, call: RestCall) -> None:
        """Raises Refused (403) if the app lacks a scope, or approval to read customers' data."""
        root, app = call.template.split("/")[0], self._world.app
        if missing_rest_scope(root, call.http.method, app.granted):
            scope = needed_scopes(rest_element(root, call.http.method))[0]
            raise Refused(403, f"[API] This action requires merchant approval for {scope} scope.")
        if root in ("orders", "refunds") and not app.approved("Order"):
            raise Refused(403, NOT_APPROVED)

    def _kept_out(self, now_ns: int, injection: Injection) -> _Answer:
        if injection.kind == "throttled":
            self._bucket.fill(now_ns)
            return self._throttled(DRAINED)
        return _Answer(injection.status, {"errors": FAILED}, "failed", injection, (FAILED,))

    def _throttled(self, met: Injection) -> _Answer:
        text = THROTTLED.format(self._bucket.leak_per_s)
        return _Answer(429, {"errors": text}, "throttled", met, (text,))


def _route(call: RestCall) -> Handler:
    """What answers the path. Sets `call.template` and `call.ids`. Raises Refused."""
    parts = call.resource_path.split("/")
    if parts[0] not in REAL:
        raise Refused(404, NOT_FOUND)
    call.ids = tuple(int(part) for part in parts if _ID.fullmatch(part))
    call.template = "/".join(
        "{id}" if _ID.fullmatch(part) else part if _WORD.fullmatch(part) else "{}" for part in parts
    )
    if not call.is_json:
        raise Refused(406, "Not Acceptable")
    handler = ROUTES.get((call.http.method, call.template))
    if handler is None:
        raise call.unplayed_here("endpoint", f"{call.http.method} {call.template}")
    return handler


def _named(part: str) -> str:
    """A part of a path, without what a caller may have filled in."""
    if _ID.fullmatch(part):
        return "{id}"
    return part if _WORD.fullmatch(part) else "{}"


def _as_refused(error: Refused | GraphQLError | TooMuchWork, call: RestCall) -> Refused:
    """A refusal. The rules that both APIs share raise errors of GraphQL."""
    match error:
        case Refused():
            return error
        case GraphQLError(extensions={"code": not_played.CODE, "notPlayed": what}):
            call.unplayed.append(what)
            return Refused(501, error.message)
        case GraphQLError():
            return Refused(422, [error.message])
    return Refused(400, "Bad Request: the filters read too many orders; ask for a shorter time")


def _refusal(refused: Refused) -> _Answer:
    outcome = _OUTCOMES.get(refused.status, "bad_request")
    return _Answer(refused.status, {"errors": refused.errors}, outcome, errors=tuple(_texts(refused.errors)))


def _texts(errors: object) -> Iterator[str]:
    """Each error in one line, with the name of its field."""
    match errors:
        case dict():
            for name, value in errors.items():
                yield from (text if text.startswith(name) else f"{name} {text}" for text in _texts(value))
        case list():
            for value in errors:
                yield from _texts(value)
        case _:
            yield str(errors)
