"""The session token of an embedded app, a JWT that is signed with the client secret, for an access token."""

import base64
import binascii
import hmac
from collections.abc import Collection
from typing import Final

import msgspec

from stockstorm.simulator.api.oauth.grant import GrantRequest, Issued, OAuthError
from stockstorm.simulator.shop.app import CLIENT_ID

ID_TOKEN: Final = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105  # the name of a type
ONLINE: Final = "urn:shopify:params:oauth:token-type:online-access-token"
OFFLINE: Final = "urn:shopify:params:oauth:token-type:offline-access-token"
LEEWAY_S: Final = 10.0


class _Header(msgspec.Struct, frozen=True):
    alg: str


class _Claims(msgspec.Struct, frozen=True):
    """The claims that are checked. `dest` is the shop's URL."""

    aud: str
    dest: str
    exp: float
    nbf: float = 0.0


def grant(request: GrantRequest) -> Issued:
    """An offline token, or an online one for a day."""
    claims = _claims(request.value("subject_token"), request.app.secrets)
    good = (
        claims is not None
        and request.value("subject_token_type") == ID_TOKEN
        and claims.aud == CLIENT_ID
        and claims.dest.removeprefix("https://") == request.domain
        and claims.nbf - LEEWAY_S <= request.wall_s <= claims.exp + LEEWAY_S
    )
    if not good:
        raise OAuthError("invalid_subject_token", "The session token is not valid for this app and shop")
    request.app.grant(())
    match request.value("requested_token_type"):
        case "" | "urn:shopify:params:oauth:token-type:offline-access-token":
            return request.issue_offline()
        case "urn:shopify:params:oauth:token-type:online-access-token":
            return request.issue_online()
        case other:
            raise OAuthError("invalid_request", f"requested_token_type: {other!r} is neither {OFFLINE} nor {ONLINE}")


def _claims(token: str, secrets: Collection[bytes]) -> _Claims | None:
    """The claims of a JWT whose signature is right; None for anything else."""
    signed, _, signature = token.rpartition(".")
    head, _, body = signed.partition(".")
    try:
        given = _decoded(signature)
        if msgspec.json.decode(_decoded(head), type=_Header).alg != "HS256":
            return None
        claims = msgspec.json.decode(_decoded(body), type=_Claims)
    except (ValueError, binascii.Error, msgspec.DecodeError, RecursionError):
        return None
    good = [hmac.compare_digest(hmac.digest(secret, signed.encode(), "sha256"), given) for secret in secrets]
    return claims if any(good) else None


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
