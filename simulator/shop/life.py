"""What happens to the app's installation: each change with its fact, and what the app is told of it."""

from collections.abc import Callable
from typing import Final

from stockstorm.simulator.config import LifeChange
from stockstorm.simulator.history.facts import AppChanged
from stockstorm.simulator.model import LIFE_TOPICS, Order
from stockstorm.simulator.plan.items import PlannedLife
from stockstorm.simulator.shop.app import App
from stockstorm.simulator.shop.firing import Action

OF_CUSTOMERS: Final = ("data_request", "customer_redact")
_CHANGES: Final[dict[LifeChange, Callable[[App, int], AppChanged]]] = {
    "uninstall": App.uninstall,
    "reinstall": App.reinstall,
    "revoke_token": App.revoke_token,
    "rotate_secret": App.rotate_secret,
    "new_secret_used": App.use_new_secret,
}


def live(item: PlannedLife, app: App, newest: Order | None, action: Action) -> None:
    """Change the app and fire what it is told. `newest` is the newest order, whose customer a request is about."""
    before, now_ns = app.scopes, action.now_ns
    if item.change in _CHANGES:
        action.note(_CHANGES[item.change](app, now_ns))
    elif item.change == "scopes_update":
        action.note(app.change_scopes(item.scopes, now_ns))
    else:
        action.note(app.noted(item.change, now_ns))
    topic = LIFE_TOPICS.get(item.change)
    if topic is not None:
        about = newest if item.change in OF_CUSTOMERS else None
        scopes = (before, app.scopes) if item.change == "scopes_update" else None
        action.app(topic, item.serial, about, scopes)
