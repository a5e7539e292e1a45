"""SKUs as people type them, and variants that no marketplace lists: without SKU, or with one that another has too."""

import json
from typing import Any

import pytest

from stockstorm.simulator.api.exchange import ApiRequest
from stockstorm.simulator.api.marketplace import MarketplaceApi
from stockstorm.simulator.catalogue import TYPED, make_catalogue, sku_names
from stockstorm.simulator.config import (
    ChannelConfig,
    OrdersConfig,
    PhaseConfig,
    ShopConfig,
    ShopEventsConfig,
    WorldConfig,
)
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.history.facts import AnyFact, EventFired, StockChanged, StockShown, StockUnmoved
from stockstorm.simulator.model import Product
from stockstorm.simulator.plan.items import PlannedProductEdit, PlannedRestock
from stockstorm.simulator.plan.planner import expected_events, make_plan
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.shop.ledger import LevelSet
from stockstorm.simulator.world import World
from tests.admin_calls import START_NS, TOKEN, WALL, Admin

UNLISTED = 4


def config(skus: int = 12, unlisted: int = UNLISTED, **shop: Any) -> WorldConfig:
    return WorldConfig(
        shop=ShopConfig(skus=skus, unlisted=unlisted, buyers=5, **shop),
        channels=(ChannelConfig(name="online"), ChannelConfig(name="bazaar")),
        phases=(PhaseConfig(name="only", seconds=10, rate=20),),
        orders=OrdersConfig(cancel_share=0.1),
        events=ShopEventsConfig(restocks_per_s=5, product_edits_per_s=5),
    )


def world(**shop: Any) -> World:
    made = config(**shop)
    return World(made, make_catalogue(made, Seeds(1)), Seeds(1))


def own(shop: World, place: int = 0) -> Product:
    return shop.catalogue.unlisted[place]


def skus_of(facts: list[AnyFact]) -> set[str]:
    names = [getattr(fact, "sku", None) for fact in facts]
    names += [sku for fact in facts for sku in getattr(fact, "skus", ())]
    return {name for name in names if name}


def test_typed_skus_are_all_different_and_of_every_kind() -> None:
    names = sku_names(ShopConfig(skus=300, sku_style="typed"))
    assert len(set(names)) == 300
    assert {name.strip() for name in names} == set(names)
    assert any(name.isdigit() and name.startswith("0") for name in names)
    assert any(not name.isascii() for name in names)
    assert all(any(mark in name for name in names) for mark in "'\"&<% /+")


@pytest.mark.parametrize("place", range(len(TYPED)))
def test_an_item_is_found_by_the_sku_that_somebody_typed(place: int) -> None:
    admin = Admin(world(sku_style="typed"))
    sku = sku_names(config(sku_style="typed").shop)[place]
    text = '"' + sku.replace("\\", "\\\\").replace('"', '\\"') + '"'
    asked = "query($q: String) { productVariants(first: 5, query: $q) { nodes { sku } } }"
    assert admin.data(asked, q=f"sku:{text}")["productVariants"]["nodes"] == [{"sku": sku}]
    asked = "query($q: String) { inventoryItems(first: 5, query: $q) { nodes { sku } } }"
    assert admin.data(asked, q=f"sku:{text}")["inventoryItems"]["nodes"] == [{"sku": sku}]


def test_unlisted_variants_change_neither_the_others_nor_the_plan() -> None:
    with_some, without = config(), config(unlisted=0)
    assert make_catalogue(with_some, Seeds(3)).products == make_catalogue(without, Seeds(3)).products
    assert make_plan("x", with_some, 3).items == make_plan("x", without, 3).items


def test_an_unlisted_variant_has_no_sku_an_empty_one_or_one_that_another_has() -> None:
    catalogue = world().catalogue
    assert [each.shown_sku for each in catalogue.unlisted] == [None, "GIFT WRAP", "GIFT WRAP", ""]
    ids = [each.inventory_item_id for each in catalogue.in_shop]
    assert len(set(ids)) == len(ids)
    assert max(each.inventory_item_id for each in catalogue.unlisted) < min(ids[: len(catalogue.products)])


def test_both_apis_show_them_and_the_history_does_not_learn_their_stock() -> None:
    shop = world()
    admin = Admin(shop)
    found = admin.data(
        "{ inventoryItems(first: 5) { nodes { sku inventoryLevels(first: 2) { nodes { quantities(names:"
        ' ["available"]) { quantity } } } } } }'
    )["inventoryItems"]["nodes"]
    assert [each["sku"] for each in found[:UNLISTED]] == ["", "GIFT WRAP", "GIFT WRAP", None]
    (shown,) = admin.facts(StockShown)
    assert len(shown.skus) == 1
    assert shown.skus[0] in shop.catalogue.by_sku


def test_a_restock_and_an_edit_touch_one_of_them_too() -> None:
    shop = world()
    product = shop.catalogue.products[0]
    restocked = shop.apply(PlannedRestock(0, UNLISTED * 3, product.sku, 7), START_NS)
    edited = shop.apply(PlannedProductEdit(0, UNLISTED * 3 + 1, product.sku), START_NS)
    events = [*restocked.events, *edited.events]
    assert [event.topic for event in events] == ["inventory_levels/update"] * 2 + ["products/update"] * 2
    fired = [fact for fact in (*restocked.facts, *edited.facts) if isinstance(fact, EventFired)]
    assert [(fact.sku, fact.version) for fact in fired[:2]] == [(product.sku, 1), ("", -1)]
    assert skus_of([*restocked.facts, *edited.facts]) == {product.sku}
    payloads = Payloads(shop.catalogue, shop.config.shop, WALL)
    level, told = json.loads(payloads.body(events[1])), json.loads(payloads.body(events[3]))
    assert level["inventory_item_id"] == own(shop).inventory_item_id
    assert told["variants"][0]["sku"] == "GIFT WRAP"


def test_items_know_how_many_others_have_their_sku() -> None:
    found = Admin(world()).data("{ inventoryItems(first: 5) { nodes { sku duplicateSkuCount } } }")
    assert [each["duplicateSkuCount"] for each in found["inventoryItems"]["nodes"]] == [0, 1, 1, 0, 0]


def test_an_adjustment_of_one_is_answered_as_any_other() -> None:
    admin, item = Admin(world()), own(world())
    row = {
        "inventoryItemId": f"gid://shopify/InventoryItem/{item.inventory_item_id}",
        "locationId": f"gid://shopify/Location/{item.location_id}",
        "delta": -1,
        "changeFromQuantity": None,
    }
    group = admin.adjust("k", row)["inventoryAdjustmentGroup"]
    assert [change["delta"] for change in group["changes"]] == [-1, -1]
    assert not admin.facts(StockChanged)


def test_the_subject_may_write_their_stock_and_no_fact_names_them() -> None:
    shop = world()
    item = own(shop)
    rows = [LevelSet(item.inventory_item_id, item.location_id, quantity, None) for quantity in (3, 3)]
    for row in rows:
        changes = shop.set_available([row], reference="", request=1, now_ns=START_NS)
        assert not [fact for fact in changes.facts if isinstance(fact, StockChanged | StockUnmoved)]
    assert shop.available(item.inventory_item_id) == 3


def test_no_marketplace_lists_them() -> None:
    shop = world()
    api = MarketplaceApi(shop, TOKEN, WALL)
    rows = [{"sku": "GIFT WRAP", "quantity": 5}, {"sku": shop.catalogue.products[0].sku, "quantity": 5}]
    body, headers = json.dumps({"listings": rows}).encode(), {"authorization": f"Bearer {TOKEN}"}
    reply = api.handle(ApiRequest("PUT", "/marketplaces/bazaar/v1/listings", "", headers, body), START_NS)
    assert json.loads(reply.body) == {"accepted": 1, "rejected": [{"sku": "GIFT WRAP", "reason": "unknown sku"}]}


def test_the_events_of_a_run_are_expected_with_theirs() -> None:
    more = expected_events(config()) - expected_events(config(unlisted=0))
    assert more == pytest.approx(10 * (5 + 5))


def test_the_history_begins_and_ends_without_them() -> None:
    shop = world()
    assert skus_of([*shop.opening(START_NS), *shop.final_facts(START_NS)]) == set(shop.catalogue.by_sku)


def test_variants_are_sorted_by_the_sku_that_is_shown() -> None:
    asked = "query($n: Int) { productVariants(first: $n, sortKey: SKU) { nodes { sku } } }"
    found = Admin(world(sku_style="typed")).data(asked, n=20)["productVariants"]["nodes"]
    skus = [(each["sku"] or "").casefold() for each in found]
    assert len(skus) == 16
    assert skus == sorted(skus)
