"""The code that the authorization page gave, once, for a token."""

from stockstorm.simulator.api.oauth.grant import GrantRequest, Issued, OAuthError


def grant(request: GrantRequest) -> Issued:
    """The token of a code that was not used yet."""
    if not request.app.codes.take(request.value("code"), request.now_ns):
        raise OAuthError("invalid_request", "The authorization code was not found or was already used")
    return request.issue_offline()
