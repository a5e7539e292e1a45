"""The code that the authorization page gave, once, for a token with the scopes that the page was asked for."""

from stockstorm.simulator.api.oauth.grant import GrantRequest, Issued, OAuthError


def grant(request: GrantRequest) -> Issued:
    """The token of a code that was not used yet."""
    code = request.app.codes.take(request.value("code"), request.now_ns)
    if code is None:
        raise OAuthError("invalid_request", "The authorization code was not found or was already used")
    request.app.grant(code.scopes)
    return request.issue_online() if code.per_user else request.issue_offline()
