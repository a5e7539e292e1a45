"""The shop and the places that sell."""

from typing import Annotated, Final, Literal

from pydantic import Field

from stockstorm.simulator.config.fields import Config, Name
from stockstorm.simulator.versions import NEWEST, VERSIONS, ApiVersion, serving

ShopPlan = Literal["standard", "advanced", "plus", "enterprise"]
PLAN_NAMES: Final[dict[ShopPlan, str]] = {
    "standard": "Basic",
    "advanced": "Advanced",
    "plus": "Shopify Plus",
    "enterprise": "Commerce Components",
}  # as the shop's own staff sees them
SkuStyle = Literal["codes", "typed"]


class ShopConfig(Config):
    """The simulated shop and its catalogue."""

    domain: Annotated[str, Field(pattern=r"^[a-z0-9-]+\.myshopify\.com$")] = "stockstorm-demo.myshopify.com"
    plan: ShopPlan = "plus"
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "GBP"
    skus: Annotated[int, Field(ge=1, le=50_000)] = 200
    hot_skus: Annotated[int, Field(ge=0, le=1_000, description="the first SKUs, with stock of their own")] = 0
    locations: Annotated[int, Field(ge=1, le=20, description="each item is stocked at `stocked_at` of them")] = 2
    stocked_at: Annotated[
        int, Field(ge=1, le=3, description="locations of each item; what can be sold is the sum over them")
    ] = 1
    variants: Annotated[
        int, Field(ge=1, le=10, description="variants of each product; each has a SKU, an item and stock of its own")
    ] = 1
    sku_style: Annotated[
        SkuStyle,
        Field(
            description='SKUs as "codes", such as SKU-00001; or as "typed" by people: with spaces, quotes, leading '
            "zeros, and beyond ASCII"
        ),
    ] = "codes"
    unlisted: Annotated[
        int,
        Field(
            ge=0,
            le=1_000,
            description="further variants that no marketplace lists and no plan sells: without SKU, or with one that "
            "another has too; each restock and product edit of staff touches one of them as well",
        ),
    ] = 0
    stock: Annotated[
        int, Field(ge=0, le=1_000_000, description="initial units of an ordinary SKU (drawn within ±50 %)")
    ] = 100
    hot_stock: Annotated[int, Field(ge=0, le=1_000_000, description="initial units of each hot SKU")] = 50
    zipf: Annotated[
        float, Field(ge=0, le=3, description="exponent of Zipf's law for the popularity of ordinary SKUs; 0 is uniform")
    ] = 1.0
    price: Annotated[float, Field(gt=0, le=100_000, description="mean price in currency units")] = 25.0
    buyers: Annotated[int, Field(ge=1, le=20_000, description="number of people, drawn once")] = 500
    api_version: Annotated[
        ApiVersion,
        Field(description="the app's API version: of deliveries, and in the address that a started subject is given"),
    ] = NEWEST
    oldest_api_version: Annotated[
        ApiVersion, Field(description="the oldest version that is still served; older ones are answered as this one")
    ] = VERSIONS[0]
    big_ids: Annotated[
        bool, Field(description="every id is above 2^53, where JSON.parse rounds; live shops have 8 to 14 digits")
    ] = False
    plain_orders: Annotated[
        bool,
        Field(description='marketplaces name their orders by a number alone, so that each has an order "1001"'),
    ] = False


def app_version(shop: ShopConfig) -> ApiVersion:
    """The version of the app's deliveries: its own, or the oldest that is served, if its own is no longer."""
    return serving(shop.api_version, shop.oldest_api_version) or shop.oldest_api_version


# How a marketplace tells of orders, cancellations and returns.
ChannelTells = Literal["both", "webhook", "feed"]


class ChannelConfig(Config):
    """A place that sells. Exactly one is named "online": the shop's own store. The others are marketplaces."""

    name: Name
    share: Annotated[float, Field(gt=0, description="weight of its purchases among the channels")] = 1.0
    calls_per_s: Annotated[
        float | None,
        Field(
            ge=0.01,
            le=10_000,
            description="calls a second that a marketplace's API takes, evenly; beyond them it answers 429 with "
            "Retry-After; left out: any number",
        ),
    ] = None
    calls_burst: Annotated[
        int, Field(ge=1, le=10_000, description="calls that it takes at once after a pause, with calls_per_s")
    ] = 10
    lag_s: Annotated[
        float, Field(ge=0, le=600, description="seconds from a marketplace's answer to a push until buyers see it")
    ] = 0.0
    tells: Annotated[
        ChannelTells,
        Field(
            description='how a marketplace tells of orders, cancellations and returns: "webhook", signed; "feed", '
            'which is polled; or "both"'
        ),
    ] = "both"
