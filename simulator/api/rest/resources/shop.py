"""The shop, and the scopes of the app."""

from stockstorm.simulator.api.rest.call import RestCall
from stockstorm.simulator.api.rest.resources.bodies import chosen
from stockstorm.simulator.events.app_payload import shop_body
from stockstorm.simulator.events.product_payload import LISTED_SINCE


def access_scopes(call: RestCall) -> tuple[int, object]:
    return 200, {"access_scopes": [{"handle": scope} for scope in call.world.app.scopes]}


def shop(call: RestCall) -> tuple[int, object]:
    body = shop_body(call.world.config.shop, tuple(call.state.locations), LISTED_SINCE)
    return 200, {"shop": chosen(call, body)}
