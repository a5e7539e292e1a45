"""A fixed shop of two products and two buyers, and events on it, for tests of payloads and delivery.

Names, titles and addresses have slashes, ampersands, non-ASCII letters and ids above 2**53, which need a correct
receiver.
"""

from stockstorm.simulator.catalogue import Catalogue
from stockstorm.simulator.clock import SECOND_NS, WallPair
from stockstorm.simulator.model import (
    Buyer,
    Event,
    Level,
    Order,
    OrderKey,
    OrderLine,
    Product,
    Refund,
    RefundLine,
    Sku,
    Topic,
)

START_NS = 1_000 * SECOND_NS
WALL = WallPair(START_NS, 1_795_521_900_877_041_743)  # 2026-11-24T12:05:00.877041743Z at START_NS
AT_NS = START_NS + 5
LOCATION = 72_009_101

MUG = Product(
    sku=Sku("MUG/BLUE"),
    product_id=8_800_000_000_001,
    variant_id=45_000_000_000_001,
    inventory_item_id=9_007_199_254_740_993,
    location_id=LOCATION,
    level_id=1_100_000_001,
    title="Café mug & saucer 1/2",
    handle="cafe-mug",
    vendor="Brûlerie & Sons",
    product_type="Kitchen",
    price_minor=2575,
    grams=420,
    initial_available=40,
    hot=True,
)
TEE = Product(
    sku=Sku("TEE-M"),
    product_id=8_800_000_000_002,
    variant_id=45_000_000_000_002,
    inventory_item_id=9_007_199_254_740_995,
    location_id=72_009_102,
    level_id=1_100_000_002,
    title="Tee <plain>",
    handle="tee",
    vendor="Acme",
    product_type="Clothing",
    price_minor=1000,
    grams=180,
    initial_available=75,
    hot=False,
)
ZOE = Buyer(
    customer_id=7_700_000_000_001,
    first_name="Zoë",
    last_name="Nuñez",
    email="zoe@example.org",
    phone="+441632960001",
    company=None,
    address1="Flat 1/2, 8 Rue Élysée",
    address2=None,
    city="Łódź",
    province="Greater London",
    province_code="LND",
    zip="N1 9GU",
    country="United Kingdom",
    country_code="GB",
    latitude=51.5,
    longitude=-0.1278,
    browser_ip="192.0.2.7",
)
CATALOGUE = Catalogue(
    products=(MUG, TEE),
    buyers=(ZOE,),
    locations=(LOCATION, 72_009_102),
    by_sku={product.sku: product for product in (MUG, TEE)},
    by_item={product.inventory_item_id: product for product in (MUG, TEE)},
)
LINES = (OrderLine(14_320_500_000_001, MUG.sku, 2, 2575), OrderLine(14_320_500_000_002, TEE.sku, 1, 1000))
ORDER = Order(OrderKey(7), 5_812_300_000_007, "5812300000007", 1008, "online", 0, LINES, AT_NS, AT_NS)
REFUND = Refund(931_800_000_007, AT_NS + SECOND_NS, (RefundLine(14_320_500_000_001, MUG.sku, 2),), restock=True)


def stock_event(serial: int = 1, available: int = 38, version: int = 1, product: Product = MUG) -> Event:
    """inventory_levels/update for one product."""
    level = Level(product.inventory_item_id, product.location_id, version, available, 2, AT_NS)
    rng_key = ("stock", product.inventory_item_id, product.location_id, version)
    return Event(serial, f"event-{serial}", "shopify", "inventory_levels/update", AT_NS, rng_key, level=level)


def order_event(topic: Topic, order: Order = ORDER, serial: int = 2, refund: Refund | None = None) -> Event:
    """An event of an order, from the channel that sold it."""
    source = "shopify" if order.channel == "online" else order.channel
    return Event(serial, f"event-{serial}", source, topic, AT_NS, ("order", order.key, topic, 1), order, refund)


def product_event(serial: int = 3, product: Product = MUG) -> Event:
    """products/update for one product."""
    rng_key = ("product", product.product_id, 1)
    return Event(serial, f"event-{serial}", "shopify", "products/update", AT_NS, rng_key, product=product)
