"""A refresh token for a new access token and the next refresh token. Each can be used once."""

from stockstorm.simulator.api.oauth.grant import OFFLINE_EXPIRES_S, GrantRequest, Issued, OAuthError


def grant(request: GrantRequest) -> Issued:
    """The next pair of tokens."""
    if not request.app.refresh_tokens.take(request.value("refresh_token"), request.now_ns):
        raise OAuthError("invalid_request", "The refresh token was not found, has expired or was already used")
    return request.issue(expires_s=OFFLINE_EXPIRES_S, refreshable=True)
