"""An app of the shop's own organisation: id and secret are enough. The token lasts a day and is not refreshed."""

from stockstorm.simulator.api.oauth.grant import DAY_EXPIRES_S, GrantRequest, Issued


def grant(request: GrantRequest) -> Issued:
    """A token for a day, with all scopes of the app."""
    request.app.grant(())
    return request.issue(expires_s=DAY_EXPIRES_S)
