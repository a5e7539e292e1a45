"""A world of four SKUs and three channels with known stock, and plan items for it.

The catalogue is made once. Every call of `small_world` makes a new world from it.
"""

from functools import cache

import msgspec

from stockstorm.simulator.catalogue import Catalogue, make_catalogue
from stockstorm.simulator.config import ChannelConfig, PhaseConfig, ShopConfig, SubjectConfig, WorldConfig
from stockstorm.simulator.model import Order, OrderKey, Product, Sku
from stockstorm.simulator.plan.items import (
    PlannedCancellation,
    PlannedPayment,
    PlannedPurchase,
    PlannedRestock,
    PlannedReturn,
)
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.world import World

SEED = 11
STOCK = 10
CHANNELS = ("online", "bazaar", "mercado")


def small_config(safety_stock: int = 0) -> WorldConfig:
    return WorldConfig(
        shop=ShopConfig(skus=4, hot_skus=1, buyers=3),
        channels=tuple(ChannelConfig(name=name) for name in CHANNELS),
        phases=(PhaseConfig(name="only", seconds=10, rate=1),),
        subject=SubjectConfig(safety_stock=safety_stock),
    )


@cache
def small_catalogue() -> Catalogue:
    """Four products, each with `STOCK` units."""
    made = make_catalogue(small_config(), Seeds(SEED))
    products = tuple(msgspec.structs.replace(product, initial_available=STOCK) for product in made.products)
    return Catalogue(
        products,
        made.buyers,
        made.locations,
        {product.sku: product for product in products},
        {product.inventory_item_id: product for product in products},
    )


def small_world(safety_stock: int = 0) -> World:
    return World(small_config(safety_stock), small_catalogue(), Seeds(SEED))


def product(place: int) -> Product:
    return small_catalogue().products[place]


def sku(place: int) -> Sku:
    return product(place).sku


def available(world: World, place: int) -> int:
    """The master's available units of a product."""
    level = world.level(product(place).inventory_item_id, product(place).location_id)
    assert level is not None
    return level.available


def buy(key: int, channel: str, *lines: tuple[int, int]) -> PlannedPurchase:
    """A purchase of (place, quantity) lines."""
    wanted = tuple((sku(place), quantity) for place, quantity in lines)
    return PlannedPurchase(0, key * 10, OrderKey(key), channel, 0, wanted)


def pay(key: int) -> PlannedPayment:
    return PlannedPayment(0, key * 10 + 1, OrderKey(key))


def cancel(key: int) -> PlannedCancellation:
    return PlannedCancellation(0, key * 10 + 2, OrderKey(key))


def give_back(key: int, *lines: tuple[int, int], restock: bool = True) -> PlannedReturn:
    """A return of (place, quantity) lines."""
    given = tuple((sku(place), quantity) for place, quantity in lines)
    return PlannedReturn(0, key * 10 + 3, OrderKey(key), given, restock)


def restock(serial: int, place: int, delta: int) -> PlannedRestock:
    return PlannedRestock(0, 1_000_000 + serial, sku(place), delta)


def own_orders(world: World) -> list[Order]:
    """The own store's orders, oldest first."""
    return world.orders().sorted_by("created_ns").between(None, None, 99)
