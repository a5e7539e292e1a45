"""Products show their only variant, with the stock that it had when the event fired."""

import json

import msgspec

from stockstorm.simulator.config import ShopConfig
from stockstorm.simulator.events.payloads import Payloads
from tests.literal_shop import CATALOGUE, MUG, WALL, product_event, stock_event


def test_a_product_shows_its_variant_price_and_time_of_edit() -> None:
    product = json.loads(Payloads(CATALOGUE, ShopConfig(), WALL).body(product_event()))
    variant = product["variants"][0]
    assert (product["id"], product["title"], product["vendor"]) == (MUG.product_id, MUG.title, MUG.vendor)
    assert (variant["sku"], variant["price"], variant["inventory_item_id"]) == (
        MUG.sku,
        "25.75",
        9_007_199_254_740_993,
    )
    assert product["updated_at"] == variant["updated_at"] == "2026-11-24T07:05:00-05:00"
    assert [each["admin_graphql_api_id"] for each in product["variant_gids"]] == [variant["admin_graphql_api_id"]]


def test_the_variant_s_quantity_is_the_event_s() -> None:
    bodies = Payloads(CATALOGUE, ShopConfig(), WALL)
    plain, forged = product_event(), msgspec.structs.replace(product_event(), level=stock_event(available=3).level)
    told = msgspec.structs.replace(plain, variants=((MUG, -2),))
    shown = [json.loads(bodies.body(each))["variants"][0]["inventory_quantity"] for each in (plain, forged, told)]
    assert shown == [MUG.initial_available, 3, -2]
