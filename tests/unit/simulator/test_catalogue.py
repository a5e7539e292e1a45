"""The catalogue and its buyers depend on configuration and seed alone."""

import re
import time

from stockstorm.simulator.catalogue import REGIONS, Catalogue, make_buyers, make_catalogue, sku_names
from stockstorm.simulator.config import ChannelConfig, PhaseConfig, ShopConfig, WorldConfig
from stockstorm.simulator.seeds import Seeds


def config_of(shop: ShopConfig) -> WorldConfig:
    return WorldConfig(shop=shop, channels=(ChannelConfig(name="online"),), phases=(PhaseConfig(name="a", seconds=1),))


def catalogue_of(shop: ShopConfig, seed: int = 1) -> Catalogue:
    return make_catalogue(config_of(shop), Seeds(seed))


def test_the_default_catalogue_is_made_within_a_second() -> None:
    started = time.process_time()  # of this process, whatever else runs
    catalogue = catalogue_of(ShopConfig())
    assert time.process_time() - started < 1
    assert (len(catalogue.products), len(catalogue.buyers), len(catalogue.locations)) == (200, 500, 2)


def test_a_seed_has_one_catalogue_and_another_seed_a_different_one() -> None:
    shop = ShopConfig(skus=20, buyers=20)
    assert catalogue_of(shop, 4) == catalogue_of(shop, 4)
    assert catalogue_of(shop, 4).products != catalogue_of(shop, 5).products
    assert catalogue_of(shop, 4).buyers != catalogue_of(shop, 5).buyers


def test_the_first_products_and_buyers_do_not_depend_on_the_total() -> None:
    few, many = catalogue_of(ShopConfig(skus=5, buyers=5)), catalogue_of(ShopConfig(skus=50, buyers=50))
    assert many.products[:5] == few.products
    assert many.buyers[:5] == few.buyers


def test_hot_skus_come_first_with_exactly_their_stock() -> None:
    products = catalogue_of(ShopConfig(skus=6, hot_skus=2, hot_stock=7, stock=100)).products
    assert [product.hot for product in products] == [True, True, False, False, False, False]
    assert [product.initial_available for product in products[:2]] == [7, 7]
    assert all(50 <= product.initial_available <= 150 for product in products[2:])


def test_there_are_no_more_hot_skus_than_skus() -> None:
    products = catalogue_of(ShopConfig(skus=2, hot_skus=9)).products
    assert [product.hot for product in products] == [True, True]


def ids_in(catalogue: Catalogue) -> list[int]:
    names = ("product_id", "variant_id", "inventory_item_id", "level_id", "location_id")
    ids = [getattr(product, name) for product in catalogue.products for name in names]
    return [*ids, *catalogue.locations, *(buyer.customer_id for buyer in catalogue.buyers)]


def test_ids_have_8_to_14_digits_as_in_live_shops() -> None:
    assert all(8 <= len(str(number)) <= 14 for number in ids_in(catalogue_of(ShopConfig())))


def test_every_big_id_is_lost_in_a_double_and_items_collapse_in_pairs() -> None:
    catalogue = catalogue_of(ShopConfig(big_ids=True, skus=40, locations=3))
    assert all(2**53 < number < 2**63 and int(float(number)) != number for number in ids_in(catalogue))
    items = {product.inventory_item_id for product in catalogue.products}
    assert len(items) == 40
    assert 20 <= len({float(item) for item in items}) <= 21


def test_ids_of_a_kind_are_distinct() -> None:
    products = catalogue_of(ShopConfig()).products
    for ids in (
        {product.product_id for product in products},
        {product.variant_id for product in products},
        {product.inventory_item_id for product in products},
        {product.level_id for product in products},
        {product.sku for product in products},
        {product.handle for product in products},
    ):
        assert len(ids) == 200


def test_skus_are_plain_sorted_and_known_without_a_catalogue() -> None:
    shop = ShopConfig(skus=300, hot_skus=3)
    names = [product.sku for product in catalogue_of(shop).products]
    assert tuple(names) == sku_names(shop)
    assert names == sorted(names)
    assert all(re.fullmatch(r"[A-Z]+-\d{5}", name) for name in names)


def test_titles_have_characters_that_need_correct_encoding() -> None:
    titles = [product.title for product in catalogue_of(ShopConfig()).products]
    assert all("/" in title for title in titles)
    assert 10 < sum("&" in title for title in titles) < 190
    assert any(not title.isascii() for title in titles)


def test_handles_are_valid_in_a_url() -> None:
    products = catalogue_of(ShopConfig()).products
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", product.handle) for product in products)


def test_every_location_of_a_shop_stocks_something() -> None:
    catalogue = catalogue_of(ShopConfig(locations=4))
    assert {product.location_id for product in catalogue.products} == set(catalogue.locations)
    assert len(set(catalogue.locations)) == 4


def test_products_are_found_by_sku_and_by_item() -> None:
    catalogue = catalogue_of(ShopConfig(skus=3))
    for product in catalogue.products:
        assert catalogue.by_sku[product.sku] is product
        assert catalogue.by_item[product.inventory_item_id] is product


def test_prices_are_spread_around_their_mean() -> None:
    prices = [product.price_minor for product in catalogue_of(ShopConfig(price=40)).products]
    assert all(2_000 <= price <= 6_000 for price in prices)
    assert 3_700 < sum(prices) / len(prices) < 4_300


def test_buyers_come_from_every_region_with_names_in_local_script() -> None:
    buyers = make_buyers(300, Seeds(1))
    assert {buyer.country_code for buyer in buyers} == {region.country_code for region in REGIONS}
    assert sum(not buyer.last_name.isascii() for buyer in buyers) > 30
    assert sum(not buyer.city.isascii() for buyer in buyers) > 30


def test_contact_data_is_in_ranges_reserved_for_examples() -> None:
    buyers = make_buyers(300, Seeds(1))
    assert all(buyer.email.endswith("@example.com") for buyer in buyers)
    assert all(buyer.browser_ip.startswith("203.0.113.") for buyer in buyers)


def test_phone_numbers_are_international() -> None:
    assert all(re.fullmatch(r"\+\d{10,14}", buyer.phone) for buyer in make_buyers(300, Seeds(1)))


def test_an_address_has_one_line() -> None:
    assert all("\n" not in buyer.address1 and buyer.address1 for buyer in make_buyers(300, Seeds(1)))


def test_customers_and_mail_addresses_are_distinct() -> None:
    buyers = make_buyers(300, Seeds(1))
    assert len({buyer.customer_id for buyer in buyers}) == len({buyer.email for buyer in buyers}) == 300


def test_only_some_have_a_company_or_a_second_line() -> None:
    buyers = make_buyers(300, Seeds(1))
    assert 30 < sum(buyer.company is not None for buyer in buyers) < 100
    assert 50 < sum(buyer.address2 is not None for buyer in buyers) < 130
