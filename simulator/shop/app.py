"""The app's installation in the shop: whether it is installed, which scopes it has, and which tokens it may use.

Tokens and refresh tokens are derived from the app's secret, because the core draws no random numbers. They are looked
up by their digests, so that no comparison tells how much of a guess was right. Both stores are bounded.
"""

import hashlib
import hmac
from collections.abc import Iterable
from typing import Final

import msgspec

from stockstorm.simulator.config import AppConfig, CustomerData, LifeChange
from stockstorm.simulator.history.facts import AppChanged
from stockstorm.simulator.shop.scopes import PROTECTED_TOPICS, missing_scope

CLIENT_ID: Final = "5f0c2d9be7a14c3d8a6e1b2f7d9c0a34"  # of the app; no secret
TOKENS_MAX: Final = 1_000  # of each kind, as many as a subject's workers may take; the oldest is dropped
# What an app may not read, by what of protected customer data it is approved for.
UNAPPROVED: Final[dict[CustomerData, frozenset[str]]] = {
    "all": frozenset(),
    "orders": frozenset({"Customer"}),
    "none": frozenset({"Order", "Customer"}),
}
NEVER_NS: Final = 2**63 - 1


def with_implied(scopes: Iterable[str]) -> frozenset[str]:
    """The scopes, and those that they imply: whoever may write may read."""
    given = frozenset(scopes)
    return given | {f"read_{scope.removeprefix('write_')}" for scope in given if scope.startswith("write_")}


class Token(msgspec.Struct, frozen=True):
    """A token that was issued. `text` is kept so that it can be left out of recorded texts.

    `scopes` and `per_user` are what an authorization code was asked for.
    """

    text: str
    expires_ns: int = NEVER_NS
    scopes: tuple[str, ...] = ()
    per_user: bool = False

    def __repr__(self) -> str:
        return f"Token(…, expires_ns={self.expires_ns})"


class Tokens:
    """The tokens of one kind that are valid."""

    def __init__(self) -> None:
        self._by_digest: dict[bytes, Token] = {}

    def add(
        self, text: str, expires_ns: int = NEVER_NS, *, scopes: tuple[str, ...] = (), per_user: bool = False
    ) -> None:
        """Makes a token valid."""
        while len(self._by_digest) >= TOKENS_MAX:
            del self._by_digest[next(iter(self._by_digest))]
        self._by_digest[_digest(text)] = Token(text, expires_ns, scopes, per_user)

    def valid(self, text: str, now_ns: int) -> bool:
        """Whether the token may be used now."""
        found = self._by_digest.get(_digest(text))
        return found is not None and now_ns < found.expires_ns

    def take(self, text: str, now_ns: int) -> Token | None:
        """A token that may be used once; None if it may not be used now."""
        found = self._by_digest.pop(_digest(text), None)
        return found if found is not None and now_ns < found.expires_ns else None

    def revoke(self) -> None:
        """No token is valid any more."""
        self._by_digest.clear()

    @property
    def texts(self) -> tuple[str, ...]:
        """All that are kept, to be left out of what is recorded."""
        return tuple([token.text for token in self._by_digest.values()])


class App:
    """One app in one shop. `granted` has the implied scopes too; `scopes` are those that the shop lists.

    The merchant grants `offered` at most.
    """

    def __init__(self, config: AppConfig) -> None:
        self.installed = True
        self.customer_data: CustomerData = config.customer_data
        self.scopes = self.offered = config.scopes
        self.granted = with_implied(config.scopes)
        self.tokens, self.refresh_tokens, self.codes = Tokens(), Tokens(), Tokens()
        self.secrets: tuple[bytes, ...] = ()  # with which the app may identify itself; the first one signs
        self._next_secret = b""
        self._hidden: tuple[str, ...] = ()
        self._issued = 0

    def have(self, secret: bytes, next_secret: bytes = b"") -> None:
        """The app's client secret, and the one that it is rotated to."""
        self.secrets, self._next_secret = (secret,), next_secret

    def authorised(self, token: str, now_ns: int) -> bool:
        """Whether a call with this token is answered."""
        return self.installed and self.tokens.valid(token, now_ns)

    def approved(self, element: str) -> bool:
        """Whether Shopify has approved that the app reads it, where it holds protected customer data."""
        return element not in UNAPPROVED[self.customer_data]

    def may_hear(self, topic: str) -> bool:
        """Whether it may subscribe to a topic."""
        closed = topic.partition("/")[0] in PROTECTED_TOPICS and not self.approved("Order")
        return not closed and not missing_scope(topic, self.granted)

    @property
    def hidden(self) -> tuple[str, ...]:
        """The texts of all tokens, also of those that are dead."""
        return (*self.tokens.texts, *self.refresh_tokens.texts, *self.codes.texts, *self._hidden)

    def issue(self, kind: str, secret: bytes) -> str:
        """The text of a new token: "shpat" for access, "shprt" for refreshing, "code" for an authorization code."""
        self._issued += 1
        return f"{kind}_{hmac.digest(secret, f'{kind}:{self._issued}'.encode(), 'sha256').hex()[:32]}"

    def uninstall(self, now_ns: int) -> AppChanged:
        """The merchant removes the app. Every token dies at once."""
        self.installed = False
        self._revoke()
        return self._changed("uninstall", now_ns)

    def reinstall(self, now_ns: int) -> AppChanged:
        """The merchant installs it again. It has no token yet, and nothing is subscribed."""
        self.installed = True
        return self._changed("reinstall", now_ns)

    def revoke_token(self, now_ns: int) -> AppChanged:
        """The tokens are revoked, and the app stays installed."""
        self._revoke()
        return self._changed("revoke_token", now_ns)

    def change_scopes(self, scopes: tuple[str, ...], now_ns: int) -> AppChanged:
        """The app has these scopes from now on."""
        self.offered = scopes
        self.grant(())
        return self._changed("scopes_update", now_ns)

    def grant(self, asked: tuple[str, ...]) -> None:
        """The app has what it asks for, as far as it is offered; all of it if it asks for nothing."""
        offered = with_implied(self.offered)
        self.scopes = tuple([scope for scope in asked if scope in offered]) if asked else self.offered
        self.granted = with_implied(self.scopes)

    def rotate_secret(self, now_ns: int) -> AppChanged:
        """There is a new secret. The old one still counts, and still signs."""
        self.secrets = (*self.secrets, self._next_secret)
        return self._changed("rotate_secret", now_ns)

    def use_new_secret(self, now_ns: int) -> AppChanged:
        """From now on the new secret signs, and the old one counts no more."""
        self.secrets = self.secrets[1:]
        return self._changed("new_secret_used", now_ns)

    def noted(self, change: LifeChange, now_ns: int) -> AppChanged:
        """A change that alters nothing here."""
        return self._changed(change, now_ns)

    def _changed(self, change: LifeChange, now_ns: int) -> AppChanged:
        return AppChanged(now_ns, change, self.scopes)

    def _revoke(self) -> None:
        self._hidden = (*self._hidden, *self.tokens.texts, *self.refresh_tokens.texts)[-TOKENS_MAX:]
        self.tokens.revoke()
        self.refresh_tokens.revoke()
        self.codes.revoke()


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
