"""What all grants share: the request, the check of the client, and the tokens that are issued."""

import hmac
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.shop.app import CLIENT_ID, App

OFFLINE_EXPIRES_S: Final = 3_600  # of an expiring offline token
REFRESH_EXPIRES_S: Final = 90 * 86_400
DAY_EXPIRES_S: Final = 86_399  # of client credentials and online tokens
USER: Final = {
    "id": 1,
    "first_name": "Sam",
    "last_name": "Owner",
    "email": "owner@example.com",
    "email_verified": True,
    "account_owner": True,
    "locale": "en",
    "collaborator": False,
}


class OAuthError(Exception):
    """A refusal by its code and its text, as OAuth 2 has them."""

    def __init__(self, code: str, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.code, self.text, self.status = code, text, status

    @property
    def body(self) -> bytes:
        return msgspec.json.encode({"error": self.code, "error_description": self.text})


class Issued(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer with a token. Only expiring ones have the other fields."""

    access_token: str
    scope: str
    expires_in: int | None = None
    refresh_token: str | None = None
    refresh_token_expires_in: int | None = None
    associated_user_scope: str | None = None
    associated_user: Mapping[str, Any] | None = None

    def __repr__(self) -> str:
        return "Issued(…)"


class GrantRequest:
    """A request for a token: its parameters, the app, and the times on both clocks."""

    def __init__(self, app: App, values: Mapping[str, str], domain: str, *, now_ns: int, wall_s: float) -> None:
        self.app, self._values, self.domain = app, values, domain
        self.now_ns, self.wall_s = now_ns, wall_s

    def value(self, name: str) -> str:
        """A parameter; "" if it is missing."""
        return self._values.get(name, "")

    def check_client(self) -> None:
        """Raises OAuthError unless the request has the app's id and one of its secrets."""
        given = self.value("client_secret").encode()
        known = [hmac.compare_digest(given, secret) for secret in self.app.secrets]
        if not hmac.compare_digest(self.value("client_id").encode(), CLIENT_ID.encode()) or not any(known):
            raise OAuthError("invalid_client", "The client id or the client secret is wrong", 401)
        if not self.app.installed:
            raise OAuthError("app_not_installed", "The app is not installed in this shop")

    def issue(self, *, expires_s: int | None = None, refreshable: bool = False) -> Issued:
        """A new access token with the app's scopes, and a refresh token where it is `refreshable`."""
        app, secret = self.app, self.app.secrets[0]
        token, scope = app.issue("shpat", secret), ",".join(app.scopes)
        if expires_s is None:
            app.tokens.add(token)
            return Issued(token, scope)
        app.tokens.add(token, self.now_ns + expires_s * SECOND_NS)
        if not refreshable:
            return Issued(token, scope, expires_s)
        refresh = app.issue("shprt", secret)
        app.refresh_tokens.add(refresh, self.now_ns + REFRESH_EXPIRES_S * SECOND_NS)
        return Issued(token, scope, expires_s, refresh, REFRESH_EXPIRES_S)

    def issue_offline(self) -> Issued:
        """An offline token. It expires where the request says `expiring=1`."""
        if self.value("expiring") == "1":
            return self.issue(expires_s=OFFLINE_EXPIRES_S, refreshable=True)
        return self.issue()

    def issue_online(self) -> Issued:
        """A token of the user who works with the app, for a day."""
        issued = self.issue(expires_s=DAY_EXPIRES_S)
        return msgspec.structs.replace(issued, associated_user_scope=issued.scope, associated_user=USER)
