"""What the shop sells and who buys: products, locations and people, made once from the seed.

Hot SKUs come first, then the ordinary ones from the most to the least popular. SKUs follow from the configuration
alone, so that a plan needs no catalogue.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from stockstorm.simulator.catalogue.people import make_buyers
from stockstorm.simulator.config import ShopConfig, WorldConfig
from stockstorm.simulator.model import Buyer, Product, Sku
from stockstorm.simulator.seeds import Seeds

# Item ids lie beyond 2**53 and are odd: whoever reads them as floating point numbers gets another item.
ITEM_ID_BASE = 9_007_199_254_740_993
PRODUCT_ID_BASE = 8_204_117_000_000
VARIANT_ID_BASE = 45_310_226_000_000
LEVEL_ID_BASE = 523_300_000_000
LOCATION_ID_BASE = 71_006_000_000

_TYPES = (
    "Mug",
    "T-Shirt",
    "Lamp",
    "Backpack",
    "Café Tray",
    "Salt & Pepper Set",
    "Candle",
    "Notebook",
    "Throw",
    "Puzzle",
)
_MATERIALS = ("Oak", "Linen", "Céramique", "Steel & Cork", "Wool", "Glass", "Leather", "Bamboo/Cotton")
_COLOURS = ("Blue", "Crème", "Forest", "Black", "Rosé", "Sand", "Grün", "White")
_VENDORS = ("Ashdown & Sons", "Nordlicht", "Casa Peñón", "Maison d'Été", "Kite/Works", "Harbour Goods")


T = TypeVar("T")


class Catalogue(msgspec.Struct, frozen=True):
    """Everything fixed about a shop. `by_sku` and `by_item` hold the values of `products`, in the same sequence."""

    products: tuple[Product, ...]
    buyers: tuple[Buyer, ...]
    locations: tuple[int, ...]
    by_sku: Mapping[Sku, Product]
    by_item: Mapping[int, Product]


def hot_count(shop: ShopConfig) -> int:
    """How many of the SKUs are hot."""
    return min(shop.hot_skus, shop.skus)


def sku_names(shop: ShopConfig) -> tuple[Sku, ...]:
    """All SKUs of a shop, hot ones first. Letters, digits and hyphens only, in ascending order of their bytes."""
    return tuple(_sku(shop, n) for n in range(shop.skus))


def _sku(shop: ShopConfig, n: int) -> Sku:
    return Sku(f"{'HOT' if n < hot_count(shop) else 'SKU'}-{n + 1:05d}")


def make_catalogue(config: WorldConfig, seeds: Seeds) -> Catalogue:
    """The catalogue of a configuration and a seed; a product does not depend on how many others there are."""
    shop = config.shop
    first = LOCATION_ID_BASE + seeds.die_int("location ids", bits=20)
    locations = tuple(first + 7 * n for n in range(shop.locations))
    offset = seeds.die_int("product ids", bits=20)
    products = tuple(_product(shop, seeds, n, locations, offset) for n in range(shop.skus))
    return Catalogue(
        products=products,
        buyers=make_buyers(shop.buyers, seeds),
        locations=locations,
        by_sku={product.sku: product for product in products},
        by_item={product.inventory_item_id: product for product in products},
    )


def _product(shop: ShopConfig, seeds: Seeds, n: int, locations: tuple[int, ...], offset: int) -> Product:
    dice = seeds.dice("product", n)
    kind, material, colour = _pick(_TYPES, dice[0]), _pick(_MATERIALS, dice[1]), _pick(_COLOURS, dice[2])
    title = f"{material} {kind} {n + 1} / {colour}"
    hot = n < hot_count(shop)
    return Product(
        sku=_sku(shop, n),
        product_id=PRODUCT_ID_BASE + offset + n,
        variant_id=VARIANT_ID_BASE + offset + n,
        inventory_item_id=ITEM_ID_BASE + 2 * (offset + n),
        location_id=_pick(locations, dice[7]),
        level_id=LEVEL_ID_BASE + offset + n,
        title=title,
        handle=_handle(title),
        vendor=_pick(_VENDORS, dice[3]),
        product_type=kind,
        price_minor=max(1, round(shop.price * 100 * (0.5 + dice[4]))),
        grams=50 + int(dice[5] * 1_950),
        initial_available=shop.hot_stock if hot else round(shop.stock * (0.5 + dice[6])),
        hot=hot,
    )


def _pick(values: tuple[T, ...], die: float) -> T:
    return values[int(die * len(values))]


def _handle(title: str) -> str:
    """A title as it stands in an address: ASCII, lower case, hyphens."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
