"""How an app gets its access token: the authorization page, and the grants of the token endpoint.

A grant is a function of a request's parameters; each is one file, and is registered here by its `grant_type`. A request
without one carries an authorization code. What recordings do not show, such as the texts of errors, is assumed.
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from stockstorm.simulator.api.oauth import authorization_code, client_credentials, refresh_token, token_exchange
from stockstorm.simulator.api.oauth.grant import GrantRequest, Issued, OAuthError

__all__ = ["GRANTS", "GrantRequest", "Issued", "OAuthError", "granted"]

Grant = Callable[[GrantRequest], Issued]
GRANTS: Final[Mapping[str, Grant]] = {
    "": authorization_code.grant,
    "authorization_code": authorization_code.grant,
    "client_credentials": client_credentials.grant,
    "refresh_token": refresh_token.grant,
    "urn:ietf:params:oauth:grant-type:token-exchange": token_exchange.grant,
}


def granted(request: GrantRequest) -> bytes:
    """The body of the answer to a request for a token. Raises OAuthError."""
    request.check_client()
    grant = GRANTS.get(request.value("grant_type"))
    if grant is None:
        raise OAuthError("unsupported_grant_type", f"one of {', '.join(filter(None, GRANTS))}")
    return msgspec.json.encode(grant(request))
