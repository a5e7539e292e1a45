"""`/admin/oauth/authorize` and `/admin/oauth/access_token` as a function of a request and a time.

The merchant approves at once, as long as the app is installed, what the app asks for in `scope`; `grant_options[]` asks
for an online token. The redirect carries what Shopify's does: `code`, `host`, `shop`, `state`, `timestamp`, and `hmac`,
the hexadecimal HMAC-SHA256 of the sorted query without it.
"""

import base64
import hmac
import re
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from stockstorm.simulator.api.exchange import REQUEST_ID, ApiReply, ApiRequest, RequestSerial, request_id
from stockstorm.simulator.api.faults.injection import NONE, Injection
from stockstorm.simulator.api.oauth import GrantRequest, OAuthError, granted
from stockstorm.simulator.clock import SECOND_NS, WallPair
from stockstorm.simulator.errors import UNREADABLE_JSON
from stockstorm.simulator.history.facts import ApiCalled
from stockstorm.simulator.history.texts import error_texts
from stockstorm.simulator.limits import ERROR_TEXT_MAX
from stockstorm.simulator.model import ApiOutcome
from stockstorm.simulator.shop.app import CLIENT_ID, App

AUTHORIZE: Final = "/admin/oauth/authorize"
ACCESS_TOKEN: Final = "/admin/oauth/access_token"  # noqa: S105  # a path
PATHS: Final = frozenset({AUTHORIZE, ACCESS_TOKEN})
CODE_EXPIRES_S: Final = 600
PARAMETERS_MAX: Final = 50
_IN_HEADERS: Final = re.compile(r"[!-~]+")
_SCOPE: Final = re.compile(r"[a-z_]+")
_JSON: Final = ("Content-Type", "application/json; charset=utf-8")


class OAuthApi:
    """The OAuth endpoints of one shop and one app."""

    def __init__(self, app: App, domain: str, wall: WallPair, redirect_urls: tuple[str, ...], serial: RequestSerial):
        self._app, self._domain, self._wall = app, domain, wall
        self._redirect_urls, self._serial = redirect_urls, serial

    def handle(self, request: ApiRequest, now_ns: int, injection: Injection = NONE) -> ApiReply:
        """Answer one request. `injection` applies to it as to any other call."""
        number = self._serial.take()
        headers: tuple[tuple[str, str], ...] = (_JSON, (REQUEST_ID, request_id(number)))
        outcome: ApiOutcome = "ok"
        status, body = 200, b""
        errors: tuple[str, ...] = ()
        try:
            if not injection.executes:
                raise OAuthError("temporarily_unavailable", "Try again later", injection.status or 503)
            if request.path == AUTHORIZE:
                status, headers = 302, (*headers, ("Location", self._authorized(request, now_ns)))
            else:
                body = granted(self._grant_request(request, now_ns))
        except OAuthError as error:
            status, body, errors = error.status, error.body, (f"{error.code}: {error.text}",)
            outcome = _outcome(status)
        operation = f"{request.method} {request.path.rpartition('/')[2]}"[:ERROR_TEXT_MAX]
        hidden = (*self._app.hidden, *(secret.decode(errors="replace") for secret in self._app.secrets))
        errors = error_texts(errors, hidden) if errors else ()
        called = ApiCalled(now_ns, number, "admin", operation, status, outcome, now_ns, errors=errors)
        return injection.applied(ApiReply(status, headers, body, [called], []))

    def _grant_request(self, request: ApiRequest, now_ns: int) -> GrantRequest:
        if request.method != "POST":
            raise OAuthError("invalid_request", "POST the parameters", 405)
        wall_s = self._wall.wall(now_ns) / SECOND_NS
        return GrantRequest(self._app, _parameters(request), self._domain, now_ns=now_ns, wall_s=wall_s)

    def _authorized(self, request: ApiRequest, now_ns: int) -> str:
        """Where the merchant's browser is sent after the approval."""
        given = _query(request.query)
        redirect = given.get("redirect_uri", "")
        if not hmac.compare_digest(given.get("client_id", "").encode(), CLIENT_ID.encode()):
            raise OAuthError("invalid_request", "The client id is not that of an app")
        if not _is_url(redirect) or (self._redirect_urls and redirect not in self._redirect_urls):
            raise OAuthError("invalid_request", "The redirect_uri is not whitelisted")
        if not self._app.installed:
            raise OAuthError("app_not_installed", "The merchant has not installed the app")
        code = self._app.issue("code", self._app.secrets[0])
        self._app.codes.add(
            code,
            now_ns + CODE_EXPIRES_S * SECOND_NS,
            scopes=tuple(_SCOPE.findall(given.get("scope", ""))),
            per_user=given.get("grant_options[]") == "per-user",
        )
        values = {
            "code": code,
            "host": host_parameter(self._domain),
            "shop": self._domain,
            "state": given.get("state", ""),
            "timestamp": str(self._wall.wall(now_ns) // SECOND_NS),
        }
        signed = urlencode({**values, "hmac": query_hmac(values, self._app.secrets[0])})
        return f"{redirect}{'&' if urlsplit(redirect).query else '?'}{signed}"


def _is_url(text: str) -> bool:
    """Whether a browser can be sent there: a URL as a header may hold it."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and _IN_HEADERS.fullmatch(text) is not None


def _outcome(status: int) -> ApiOutcome:
    if status >= 500:
        return "failed"
    return "denied" if status == 401 else "user_error"


def query_hmac(values: dict[str, str], secret: bytes) -> str:
    """The signature of a query: hexadecimal, over the sorted parameters, in which only delimiters are escaped."""
    pairs = (f"{_plain(name).replace('=', '%3D')}={_plain(value)}" for name, value in values.items())
    return hmac.digest(secret, "&".join(sorted(pairs)).encode(), "sha256").hex()


def _plain(text: str) -> str:
    return text.replace("%", "%25").replace("&", "%26")


def host_parameter(domain: str) -> str:
    """The `host` of the admin, encoded as in its links."""
    admin = f"admin.shopify.com/store/{domain.removesuffix('.myshopify.com')}"
    return base64.urlsafe_b64encode(admin.encode()).decode().rstrip("=")


def _query(text: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=PARAMETERS_MAX))
    except ValueError:
        raise OAuthError("invalid_request", f"more than {PARAMETERS_MAX} parameters") from None


def _parameters(request: ApiRequest) -> dict[str, str]:
    """The parameters of a POST: JSON, or a form."""
    try:
        if "json" in request.headers.get("content-type", ""):
            return {name: str(value) for name, value in msgspec.json.decode(request.body, type=dict[str, Any]).items()}
        return _query(request.body.decode("utf-8"))
    except UNREADABLE_JSON:
        raise OAuthError("invalid_request", "the body is neither JSON nor a form") from None
