"""The products, locations and buyers of a shop, made once from the seed.

Hot SKUs come first, then the ordinary ones by falling popularity. SKUs depend on the configuration alone, so a plan
needs no catalogue. Faker is slow, so it fills small pools in several locales and buyers are combined from them. Mail,
phone and IP addresses are in ranges reserved for examples, so nobody real is ever contacted.
"""

import random
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import msgspec

from stockstorm.simulator.config import ShopConfig, WorldConfig
from stockstorm.simulator.ids import LIVE_IDS, Ids, ids_of
from stockstorm.simulator.model import Buyer, Product, Sku, Stocked
from stockstorm.simulator.seeds import Seeds

POOL_SIZE = 40


class Region(msgspec.Struct, frozen=True):
    """A country and the locale of its names. Four digits follow `phone`."""

    locale: str
    country: str
    country_code: str
    phone: str
    provinces: tuple[tuple[str, str, float, float], ...]  # name, code, latitude, longitude


REGIONS = (
    Region(
        "en_GB",
        "United Kingdom",
        "GB",
        "+44770090",
        (("England", "ENG", 51.51, -0.13), ("Scotland", "SCT", 55.95, -3.19), ("Wales", "WLS", 51.48, -3.18)),
    ),
    Region("fr_CA", "Canada", "CA", "+1514555", (("Quebec", "QC", 45.5, -73.57), ("Ontario", "ON", 43.65, -79.38))),
    Region("es_ES", "Spain", "ES", "+3460055", (("Cádiz", "CA", 36.53, -6.29), ("Málaga", "MA", 36.72, -4.42))),
    Region("ja_JP", "Japan", "JP", "+8190555", (("Tōkyō", "JP-13", 35.68, 139.69), ("Ōsaka", "JP-27", 34.69, 135.5))),
    Region("pt_BR", "Brazil", "BR", "+551155", (("São Paulo", "SP", -23.55, -46.63), ("Paraná", "PR", -25.43, -49.27))),
)


class Pools(msgspec.Struct, frozen=True):
    """Values from Faker for one region."""

    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    companies: tuple[str, ...]
    streets: tuple[str, ...]
    cities: tuple[str, ...]
    zips: tuple[str, ...]


def make_buyers(count: int, seeds: Seeds, ids: Ids = LIVE_IDS) -> tuple[Buyer, ...]:
    """`count` buyers. The first n are the same for any larger count."""
    pools = [_pools(region, seeds) for region in REGIONS]
    stream = seeds.stream("buyers")
    buyers = []
    for n in range(count):
        index = stream.randrange(len(REGIONS))
        buyers.append(_buyer(ids.customer.of(n), n, REGIONS[index], pools[index], stream))
    return tuple(buyers)


def _pools(region: Region, seeds: Seeds) -> Pools:
    from faker import Faker  # noqa: PLC0415  # importing it takes 0.1 s, and only a run needs buyers

    fake = Faker(region.locale)
    fake.seed_instance(seeds.draw_int("faker", region.locale, bits=32))
    return Pools(
        first_names=_fill(fake.first_name),
        last_names=_fill(fake.last_name),
        companies=_fill(fake.company),
        streets=_fill(fake.street_address),
        cities=_fill(fake.city),
        zips=_fill(fake.postcode),
    )


def _fill(draw: Callable[[], object]) -> tuple[str, ...]:
    return tuple(" ".join(str(draw()).split()) for _ in range(POOL_SIZE))


def _buyer(customer_id: int, n: int, region: Region, pools: Pools, stream: random.Random) -> Buyer:
    province, province_code, latitude, longitude = stream.choice(region.provinces)
    return Buyer(
        customer_id=customer_id,
        first_name=stream.choice(pools.first_names),
        last_name=stream.choice(pools.last_names),
        email=f"buyer.{n + 1}@example.com",
        phone=f"{region.phone}{stream.randrange(10_000):04d}",
        company=stream.choice(pools.companies) if stream.random() < 0.2 else None,
        address1=stream.choice(pools.streets),
        address2=f"№ {stream.randrange(1, 90)}" if stream.random() < 0.3 else None,
        city=stream.choice(pools.cities),
        province=province,
        province_code=province_code,
        zip=stream.choice(pools.zips),
        country=region.country,
        country_code=region.country_code,
        latitude=round(latitude + stream.uniform(-0.2, 0.2), 6),
        longitude=round(longitude + stream.uniform(-0.2, 0.2), 6),
        browser_ip=f"203.0.113.{stream.randrange(1, 255)}",
    )


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


SIZES = ("XS", "S", "M", "L", "XL", "XXL", "3XL", "4XL", "5XL", "6XL")  # of the variants of a product, in order
LEVEL_IDS_PER_LOCATION = 10_000_000  # above the number of products with their offset
T = TypeVar("T")
# SKUs as people type them: with spaces, beyond ASCII, with leading zeros, and with characters that have a meaning in
# JSON, SQL, HTML, URLs and the syntax of searches.
TYPED = (
    "Größe 42 / blau {:05d}",
    "{:07d}",
    '3" pipe: 50% & more, {:05d}',
    "日本-{:05d}",
    "O'Neill <{:05d}>",
    "tee_{:05d}.v2+b (L)",
)
OWN_SKUS = (None, "GIFT WRAP", "GIFT WRAP", "")  # of unlisted variants, in turn: two in four share one


class Catalogue(msgspec.Struct, frozen=True):
    """All that is fixed about a shop. `by_sku` has the values of `products`, in the same order.

    `unlisted`: variants that no marketplace lists and no plan sells. `by_item` has them too, after the others.
    """

    products: tuple[Product, ...]
    buyers: tuple[Buyer, ...]
    locations: tuple[int, ...]
    by_sku: Mapping[Sku, Product]
    by_item: Mapping[int, Product]
    unlisted: tuple[Product, ...] = ()

    @property
    def in_shop(self) -> tuple[Product, ...]:
        """All that Shopify shows: what is sold, and the unlisted."""
        return (*self.products, *self.unlisted)

    def level_id(self, product: Product, location_id: int) -> int:
        """The id of an item's level at a location of the shop, whether it is stocked there or not."""
        if location_id == product.location_id:
            return product.level_id
        return product.level_id + LEVEL_IDS_PER_LOCATION * (1 + self.locations.index(location_id))


def by_product(products: Iterable[Product]) -> dict[int, tuple[Product, ...]]:
    """Product id → its variants, by position."""
    found: dict[int, list[Product]] = {}
    for product in products:
        found.setdefault(product.product_id, []).append(product)
    return {number: tuple(sorted(each, key=lambda one: one.position)) for number, each in found.items()}


def hot_count(shop: ShopConfig) -> int:
    """The number of hot SKUs."""
    return min(shop.hot_skus, shop.skus)


def sku_names(shop: ShopConfig) -> tuple[Sku, ...]:
    """All SKUs of a shop, hot ones first. As codes, they are in byte order, of letters, digits and hyphens."""
    return tuple(_sku(shop, n) for n in range(shop.skus))


def _sku(shop: ShopConfig, n: int) -> Sku:
    if shop.sku_style == "typed":
        return Sku(TYPED[n % len(TYPED)].format(n + 1))
    return Sku(f"{'HOT' if n < hot_count(shop) else 'SKU'}-{n + 1:05d}")


def _unlisted(shop: ShopConfig, seeds: Seeds, ids: Ids, n: int, locations: tuple[int, ...], offset: int) -> Product:
    """A product of the shop's own use. Its ids come before all others, so no list begins with what is sold."""
    drawn = shop.variants * (shop.skus + n)  # the first variant of a product that is not there
    product = _product(shop, seeds, ids, drawn, locations, offset - drawn - 1 - n)
    return msgspec.structs.replace(
        product,
        sku=Sku(""),
        own_sku=OWN_SKUS[n % len(OWN_SKUS)],
        title=f"Gift wrap {n + 1}",
        handle=f"gift-wrap-{n + 1}",
        hot=False,
        initial_available=shop.stock,
        others=(),
    )


def make_catalogue(config: WorldConfig, seeds: Seeds) -> Catalogue:
    """The catalogue of a configuration and a seed. A product does not depend on the number of other products."""
    shop = config.shop
    ids = ids_of(big=shop.big_ids)
    first = seeds.draw_int("location ids", bits=20)
    locations = tuple(ids.location.of(first + 7 * n) for n in range(shop.locations))
    offset = seeds.draw_int("product ids", bits=20)
    products = tuple(_product(shop, seeds, ids, n, locations, offset) for n in range(shop.skus))
    unlisted = tuple(_unlisted(shop, seeds, ids, n, locations, offset) for n in range(shop.unlisted))
    return Catalogue(
        products=products,
        buyers=make_buyers(shop.buyers, seeds, ids),
        locations=locations,
        by_sku={product.sku: product for product in products},
        by_item={product.inventory_item_id: product for product in (*products, *unlisted)},
        unlisted=unlisted,
    )


def _product(shop: ShopConfig, seeds: Seeds, ids: Ids, n: int, locations: tuple[int, ...], offset: int) -> Product:
    draws, first = seeds.draws("product", n), n - n % shop.variants
    shared = draws if first == n else seeds.draws("product", first)
    kind, material, colour = _pick(_TYPES, shared[0]), _pick(_MATERIALS, shared[1]), _pick(_COLOURS, shared[2])
    title = f"{material} {kind} {first + 1} / {colour}"
    hot = n < hot_count(shop)
    home = int(draws[7] * len(locations))
    units = shop.hot_stock if hot else round(shop.stock * (0.5 + draws[6]))
    return Product(
        sku=_sku(shop, n),
        product_id=ids.product.of(offset + first),
        variant_id=ids.variant.of(offset + n),
        inventory_item_id=ids.inventory_item.of(offset + n),
        location_id=locations[home],
        level_id=ids.level.of(offset + n),
        title=title,
        handle=_handle(title),
        vendor=_pick(_VENDORS, shared[3]),
        product_type=kind,
        price_minor=max(1, round(shop.price * 100 * (0.5 + draws[4]))),
        grams=50 + int(draws[5] * 1_950),
        initial_available=units,
        hot=hot,
        position=n - first + 1,
        variant_title=SIZES[n - first] if shop.variants > 1 else None,
        others=_others(shop, seeds, n, locations, home, units) if shop.stocked_at > 1 else (),
    )


def _others(
    shop: ShopConfig, seeds: Seeds, n: int, locations: tuple[int, ...], home: int, units: int
) -> tuple[Stocked, ...]:
    """The further locations of an item, next to its first one, each with a random part of what is left of its units."""
    others = []
    for nth, draw in zip(range(1, min(shop.stocked_at, len(locations))), seeds.draws("stocked at", n), strict=False):
        part = int(units * (0.2 + 0.6 * draw))
        others.append(Stocked(locations[(home + nth) % len(locations)], part))
        units -= part
    return tuple(others)


def _pick(values: tuple[T, ...], draw: float) -> T:
    return values[int(draw * len(values))]


def _handle(title: str) -> str:
    """A title as part of a URL: ASCII, lower case, hyphens."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
