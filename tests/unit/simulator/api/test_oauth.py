"""OAuth as an app meets it: the authorization page, the four grants, and what is refused."""

import base64
import hmac
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
import pytest

from stockstorm.simulator.api.exchange import ApiReply, ApiRequest, RequestSerial
from stockstorm.simulator.api.oauth.api import ACCESS_TOKEN, AUTHORIZE, OAuthApi, query_hmac
from stockstorm.simulator.clock import SECOND_NS, WallPair
from stockstorm.simulator.config import AppConfig
from stockstorm.simulator.history.facts import ApiCalled
from stockstorm.simulator.limits import ERROR_TEXT_MAX
from stockstorm.simulator.shop.app import CLIENT_ID, App

SECRET, NEXT = b"first secret", b"second secret"
DOMAIN = "demo.myshopify.com"
REDIRECT = "https://app.example/auth/callback"
WALL_S = 1_795_500_000
JWT_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"


class Client:
    """An app that calls the endpoints of its shop."""

    def __init__(self, **config: Any) -> None:
        self.app = App(AppConfig(scopes=("read_orders", "write_inventory"), **config))
        self.app.have(SECRET, NEXT)
        wall = WallPair(0, WALL_S * SECOND_NS)
        self.api = OAuthApi(self.app, DOMAIN, wall, self.app_urls(config), RequestSerial())
        self.now_ns = 0

    @staticmethod
    def app_urls(config: dict[str, Any]) -> tuple[str, ...]:
        found: tuple[str, ...] = config.get("redirect_urls", ())
        return found

    def send(
        self, method: str, path: str, query: str = "", body: bytes = b"", kind: str = "application/json"
    ) -> ApiReply:
        return self.api.handle(ApiRequest(method, path, query, {"content-type": kind}, body), self.now_ns)

    def token(self, *, secret: bytes = SECRET, client: str = CLIENT_ID, **values: str) -> tuple[int, dict[str, Any]]:
        """Status and body of a request for a token."""
        body = msgspec.json.encode({"client_id": client, "client_secret": secret.decode(), **values})
        reply = self.send("POST", ACCESS_TOKEN, body=body)
        return reply.status, msgspec.json.decode(reply.body)

    def authorize(self, **changes: str) -> ApiReply:
        given = {
            "client_id": CLIENT_ID,
            "scope": "read_orders",
            "redirect_uri": REDIRECT,
            "state": "a nonce",
            **changes,
        }
        return self.send("GET", AUTHORIZE, urlencode(given))

    def code(self) -> str:
        return redirected(self.authorize())["code"]


def redirected(reply: ApiReply) -> dict[str, str]:
    """The query to which the browser is sent."""
    return dict(parse_qsl(urlsplit(dict(reply.headers)["Location"]).query))


def jwt(secret: bytes = SECRET, alg: str = "HS256", **changes: Any) -> str:
    claims = {"aud": CLIENT_ID, "dest": f"https://{DOMAIN}", "exp": WALL_S + 60, "nbf": WALL_S, **changes}
    parts = (msgspec.json.encode(part) for part in ({"alg": alg, "typ": "JWT"}, claims))
    signed = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    signature = hmac.digest(secret, signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def test_the_authorization_page_redirects_with_a_signed_query() -> None:
    reply = Client().authorize()
    found = redirected(reply)
    signature = found.pop("hmac")
    assert reply.status == 302
    assert set(found) == {"code", "host", "shop", "state", "timestamp"}
    assert (found["shop"], found["state"], found["timestamp"]) == (DOMAIN, "a nonce", str(WALL_S))
    message = "&".join(f"{name}={value}" for name, value in sorted(found.items()))
    assert signature == hmac.new(SECRET, message.encode(), "sha256").hexdigest() == query_hmac(found, SECRET)
    assert base64.urlsafe_b64decode(found["host"] + "==") == b"admin.shopify.com/store/demo"


def test_a_code_gives_a_token_once() -> None:
    client = Client()
    code = client.code()
    status, body = client.token(code=code)
    assert (status, body["scope"], set(body)) == (200, "read_orders", {"access_token", "scope"})
    assert client.app.authorised(body["access_token"], client.now_ns)
    status, body = client.token(code=code)
    assert (status, body["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("asked", "scopes"),
    [
        ("read_orders", ("read_orders",)),
        ("read_inventory, read_orders", ("read_inventory", "read_orders")),  # who is offered to write may read
        ("write_products,read_orders", ("read_orders",)),
        ("write_products", ()),
        ("", ("read_orders", "write_inventory")),
    ],
)
def test_the_merchant_grants_what_is_asked_for_and_offered(asked: str, scopes: tuple[str, ...]) -> None:
    client = Client()
    _, body = client.token(code=redirected(client.authorize(scope=asked))["code"])
    assert (body["scope"], client.app.scopes) == (",".join(scopes), scopes)
    assert ("write_inventory" in client.app.granted) is ("write_inventory" in scopes)
    assert client.token(grant_type="client_credentials")[1]["scope"] == "read_orders,write_inventory"


@pytest.mark.parametrize(("option", "online"), [("per-user", True), ("", False)])
def test_a_code_for_a_user_gives_an_online_token(option: str, online: bool) -> None:
    client = Client()
    code = redirected(client.authorize(**{"grant_options[]": option}))["code"]
    _, body = client.token(code=code)
    assert ("associated_user" in body, body.get("expires_in")) == (online, 86_399 if online else None)
    assert client.app.authorised(body["access_token"], client.now_ns)


def test_a_code_expires() -> None:
    client = Client()
    code = client.code()
    client.now_ns += 601 * SECOND_NS
    assert client.token(code=code)[0] == 400


@pytest.mark.parametrize(
    ("changes", "redirect_urls"),
    [
        ({"client_id": "another"}, ()),
        ({"redirect_uri": "https://evil.example/"}, (REDIRECT,)),
        ({"redirect_uri": "not a url"}, ()),
        ({"redirect_uri": ""}, ()),
    ],
)
def test_a_wrong_request_for_authorization_is_refused(changes: dict[str, str], redirect_urls: tuple[str, ...]) -> None:
    reply = Client(redirect_urls=redirect_urls).authorize(**changes)
    assert (reply.status, msgspec.json.decode(reply.body)["error"]) == (400, "invalid_request")


def test_client_credentials_give_a_token_for_a_day() -> None:
    client = Client()
    status, body = client.token(grant_type="client_credentials")
    assert (status, body["expires_in"]) == (200, 86_399)
    assert set(body) == {"access_token", "scope", "expires_in"}
    assert client.app.authorised(body["access_token"], 86_398 * SECOND_NS)
    assert not client.app.authorised(body["access_token"], 86_399 * SECOND_NS)


def test_a_form_is_accepted_as_well_as_json() -> None:
    client = Client()
    values = {"client_id": CLIENT_ID, "client_secret": SECRET.decode(), "grant_type": "client_credentials"}
    form = "application/x-www-form-urlencoded"
    assert client.send("POST", ACCESS_TOKEN, body=urlencode(values).encode(), kind=form).status == 200


def test_an_expiring_token_is_refreshed_once() -> None:
    client = Client()
    _, first = client.token(code=client.code(), expiring="1")
    assert (first["expires_in"], first["refresh_token_expires_in"]) == (3_600, 7_776_000)
    status, second = client.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert status == 200
    assert second["refresh_token"] != first["refresh_token"]
    assert client.app.authorised(second["access_token"], client.now_ns)
    assert client.token(grant_type="refresh_token", refresh_token=first["refresh_token"])[0] == 400


@pytest.mark.parametrize("kind", ["offline", "online"])
def test_a_session_token_is_exchanged(kind: str) -> None:
    client = Client()
    wanted = f"urn:shopify:params:oauth:token-type:{kind}-access-token"
    status, body = client.token(
        grant_type=JWT_EXCHANGE, subject_token=jwt(), subject_token_type=ID_TOKEN, requested_token_type=wanted
    )
    assert status == 200
    assert ("associated_user" in body) is (kind == "online")
    assert client.app.authorised(body["access_token"], client.now_ns)


@pytest.mark.parametrize(
    "token",
    [
        jwt(b"another secret"),
        jwt(alg="none"),
        jwt(aud="another"),
        jwt(dest="https://other.myshopify.com"),
        jwt(exp=WALL_S - 60),
        jwt(nbf=WALL_S + 60),
        "",
        "a.b.c",
        "...",
    ],
)
def test_a_session_token_that_is_not_valid_is_refused(token: str) -> None:
    status, body = Client().token(grant_type=JWT_EXCHANGE, subject_token=token, subject_token_type=ID_TOKEN)
    assert (status, body["error"]) == (400, "invalid_subject_token")


@pytest.mark.parametrize(("secret", "client"), [(b"wrong", CLIENT_ID), (b"", CLIENT_ID), (SECRET, "another")])
def test_a_wrong_client_is_refused_and_recorded_without_its_secret(secret: bytes, client: str) -> None:
    app = Client()
    body = msgspec.json.encode({"client_id": client, "client_secret": secret.decode()})
    reply = app.send("POST", ACCESS_TOKEN, body=body)
    (called,) = reply.facts
    assert isinstance(called, ApiCalled)
    assert (reply.status, called.outcome, called.operation) == (401, "denied", "POST access_token")
    assert b"wrong" not in msgspec.json.encode(called).replace(b"is wrong", b"")


def test_an_unknown_grant_and_an_unreadable_body_are_refused() -> None:
    client = Client()
    assert client.token(grant_type="password")[1]["error"] == "unsupported_grant_type"
    assert client.send("POST", ACCESS_TOKEN, body=b"\xff{").status == 400
    assert client.send("GET", ACCESS_TOKEN).status == 405


def test_both_secrets_count_while_the_secret_is_rotated() -> None:
    client = Client()
    grant = {"grant_type": "client_credentials"}
    assert client.token(secret=NEXT, **grant)[0] == 401
    client.app.rotate_secret(0)
    assert [client.token(secret=each, **grant)[0] for each in (SECRET, NEXT)] == [200, 200]
    client.app.use_new_secret(0)
    assert [client.token(secret=each, **grant)[0] for each in (SECRET, NEXT)] == [401, 200]


def test_a_shop_without_the_app_gives_no_token_until_it_is_installed_again() -> None:
    client = Client()
    _, before = client.token(grant_type="client_credentials")
    client.app.uninstall(0)
    assert client.token(grant_type="client_credentials")[1]["error"] == "app_not_installed"
    assert client.authorize().status == 400
    client.app.reinstall(0)
    assert not client.app.authorised(before["access_token"], 0)
    status, after = client.token(grant_type="client_credentials")
    assert status == 200
    assert client.app.authorised(after["access_token"], 0)


def test_no_store_of_tokens_grows_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stockstorm.simulator.shop.app.TOKENS_MAX", 64)
    client = Client()
    for _ in range(200):
        client.token(code=client.code(), expiring="1")
    assert len(client.app.hidden) <= 64 * 4


def test_a_client_id_that_is_no_ascii_is_a_wrong_one() -> None:
    assert Client().token(client="é")[0] == 401


@pytest.mark.parametrize("redirect", ["http://[", "http://app.example/\r\nX: y", "http://ä€.example/", "http:///x"])
def test_no_browser_is_sent_to_what_is_no_url(redirect: str) -> None:
    reply = Client().authorize(redirect_uri=redirect)
    assert (reply.status, dict(reply.headers).get("Location")) == (400, None)


def test_what_is_recorded_of_a_refusal_is_short_and_has_no_secret() -> None:
    client = Client()
    given = {
        "client_id": CLIENT_ID,
        "client_secret": SECRET.decode(),
        "grant_type": JWT_EXCHANGE,
        "subject_token": jwt(),
        "subject_token_type": ID_TOKEN,
        "requested_token_type": f"{SECRET.decode()}{'x' * 9_000}",
    }
    reply = client.send("M" * 9_000, ACCESS_TOKEN)
    (called,) = reply.facts
    assert isinstance(called, ApiCalled)
    assert len(called.operation) <= ERROR_TEXT_MAX
    (called,) = client.send("POST", ACCESS_TOKEN, body=msgspec.json.encode(given)).facts
    assert isinstance(called, ApiCalled)
    (text,) = called.errors
    assert text.startswith("invalid_request: requested_token_type")
    assert len(text) <= ERROR_TEXT_MAX
    assert SECRET.decode() not in text


def test_a_token_of_each_of_many_workers_is_valid() -> None:
    client = Client()
    tokens = [client.token(grant_type="client_credentials")[1]["access_token"] for _ in range(300)]
    assert all(client.app.authorised(token, client.now_ns) for token in tokens)
    assert set(tokens) <= set(client.app.hidden)
