"""inventory_levels/update has one level with five documented fields."""

import json

import msgspec
import pytest

from stockstorm.simulator.events.encoding import Times
from stockstorm.simulator.events.product_payload import InventoryPayload
from stockstorm.simulator.model import Level
from tests.literal_shop import AT_NS, CATALOGUE, WALL, stock_event


def payload() -> InventoryPayload:
    return InventoryPayload(CATALOGUE, Times(WALL))


def test_the_body_has_escaped_slashes() -> None:
    assert payload().body(stock_event(available=38)) == (
        rb'{"inventory_item_id":9007199254740993,"location_id":72009101,"available":38,'
        rb'"updated_at":"2026-11-24T07:05:00-05:00",'
        rb'"admin_graphql_api_id":"gid:\/\/shopify\/InventoryLevel\/1100000001?inventory_item_id=9007199254740993"}'
    )


def test_available_may_be_negative_and_changes_from_event_to_event() -> None:
    bodies = payload()
    shown = [json.loads(bodies.body(stock_event(available=each)))["available"] for each in (3, 0, -2)]
    assert shown == [3, 0, -2]


def test_a_level_without_a_level_id_has_a_body() -> None:
    event = msgspec.structs.replace(stock_event(), level=Level(9_007_199_254_740_993, 5, 1, 2, 0, AT_NS))
    shown = json.loads(payload().body(event))
    assert (shown["location_id"], shown["available"]) == (5, 2)
    assert shown["admin_graphql_api_id"] == "gid://shopify/InventoryLevel/5?inventory_item_id=9007199254740993"


def test_an_event_without_a_level_is_refused() -> None:
    with pytest.raises(ValueError, match="no level"):
        payload().body(msgspec.structs.replace(stock_event(), level=None))
