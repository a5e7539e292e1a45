"""The configuration of a world: validated, frozen values, read from a scenario file by `scenarios.loader`.

Every field has a unit in its name or description, bounds, and a default where one is sensible.
"""

from typing import Annotated, Final, Literal, get_args

from pydantic import Field

from stockstorm.simulator.config.app import (
    ALL_SCOPES,
    LIFE,
    AppConfig,
    CustomerData,
    LifeChange,
    LifeConfig,
    LifeKind,
    Scope,
)
from stockstorm.simulator.config.faults import (
    ADMIN,
    API_FAULTS,
    EVERY_API,
    FAULTS,
    LEFT_OPEN,
    MARKETPLACES,
    PROCESS_NAMES,
    ApiFaultConfig,
    ApiFaultKind,
    Fault,
    FaultAction,
    FaultConfig,
    FaultKind,
    FaultTarget,
    FaultTrigger,
    ProcessName,
    fault_label,
)
from stockstorm.simulator.config.fields import (
    Config,
    Name,
    Seconds,
    Share,
)
from stockstorm.simulator.versions import NEWEST, VERSIONS, ApiVersion, serving

__all__ = [  # what is declared in other files and named here too
    "ADMIN",
    "ALL_SCOPES",
    "API_FAULTS",
    "EVERY_API",
    "FAULTS",
    "LEFT_OPEN",
    "LIFE",
    "MARKETPLACES",
    "PROCESS_NAMES",
    "ApiFaultConfig",
    "ApiFaultKind",
    "AppConfig",
    "Config",
    "CustomerData",
    "Fault",
    "FaultAction",
    "FaultConfig",
    "FaultKind",
    "FaultTarget",
    "FaultTrigger",
    "LifeChange",
    "LifeConfig",
    "LifeKind",
    "Name",
    "ProcessName",
    "Scope",
    "Seconds",
    "Share",
    "fault_label",
]

ShopPlan = Literal["standard", "advanced", "plus", "enterprise"]
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


class PhaseConfig(Config):
    """An interval of the schedule. Rates are purchases a second; phases follow one another."""

    name: Name
    kind: Literal["constant", "ramp", "burst", "poisson"] = "poisson"
    seconds: Annotated[float, Field(gt=0, le=86_400)]
    rate: Annotated[float, Field(ge=0, le=100_000, description="purchases a second (of a ramp: at its start)")] = 0.0
    rate_to: Annotated[float | None, Field(ge=0, le=100_000, description="ramp: purchases a second at its end")] = None
    bursts: Annotated[
        int, Field(ge=1, le=10_000, description="burst: number of bursts, spread evenly over the phase")
    ] = 1
    burst_size: Annotated[int, Field(ge=1, le=100_000, description="burst: purchases due at the same instant")] = 100
    hot_share: Annotated[Share, Field(description="share of purchases that want a hot SKU")] = 0.0


class OrdersConfig(Config):
    """Follow-ups of purchases. Shares are of purchases. Delays are exponential, given as means, cut at 5 means."""

    lines_max: Annotated[int, Field(ge=1, le=20)] = 2
    quantity_max: Annotated[int, Field(ge=1, le=100)] = 2
    paid_after_s: Seconds = 1.0
    cancel_share: Share = 0.0
    cancel_after_s: Seconds = 5.0
    return_share: Share = 0.0
    return_after_s: Seconds = 10.0
    restock_share: Annotated[Share, Field(description="of returns, the share that goes back into stock")] = 0.7
    edit_share: Annotated[
        Share,
        Field(description="of the own store's orders that do not come back, the share that staff edits"),
    ] = 0.0
    edit_after_s: Annotated[Seconds, Field(description="from the payment")] = 3.0
    pos_share: Annotated[Share, Field(description="of the own store's orders, those of its till: no customer")] = 0.0
    draft_share: Annotated[
        Share,
        Field(description="of the own store's orders, those made from a draft, with a line without SKU"),
    ] = 0.0
    large_share: Annotated[Share, Field(description="of the own store's orders, those with large attributes")] = 0.0
    large_kb: Annotated[int, Field(ge=1, le=1_900, description="size of these attributes, in kB")] = 1_100


class ShopEventsConfig(Config):
    """What staff and attackers do, as rates over the whole load."""

    restocks_per_s: Annotated[float, Field(ge=0, le=1_000)] = 0.0
    restock_units: Annotated[int, Field(ge=1, le=100_000)] = 20
    restock_hot: Annotated[bool, Field(description="whether hot SKUs are restocked too")] = False
    product_edits_per_s: Annotated[float, Field(ge=0, le=1_000)] = 0.0
    transfers_per_s: Annotated[
        float, Field(ge=0, le=1_000, description="stock moved between two locations of an item; the sum stays")
    ] = 0.0
    corrections_per_s: Annotated[
        float, Field(ge=0, le=1_000, description="stock that staff or another app corrects, to more or fewer units")
    ] = 0.0
    correction_units: Annotated[int, Field(ge=1, le=100_000, description="units of a correction, at most")] = 5
    transfer_units: Annotated[int, Field(ge=1, le=100_000, description="units of a transfer, at most")] = 10
    forgeries_per_s: Annotated[float, Field(ge=0, le=1_000, description="deliveries that must be refused")] = 0.0


PerturbationKind = Literal["duplicate", "reorder", "delay", "lost"]  # registered in `delivery.perturbations`
ForgeryKind = Literal[
    "tampered",
    "unsigned",
    "wrong_key",
    "empty_signature",
    "truncated",
    "prefix",
    "hex_digest",
    "reserialised",
    "other_shop",
    "replayed",
    "stale_key",
    "empty_key",
    "other_case",
]  # made in `delivery.forgery`
# What its sender signs and nobody can process. Made in `delivery.poison`.
PoisonKind = Literal["unknown_sku", "null_lines", "huge_quantity", "wrong_type", "not_json"]
# What a quota gives to an order of the plan, and to an item next to a fault. `plan.quotas` deals them.
OrderRole = Literal[
    "late_duplicate",
    "resent",
    "near_duplicate",
    "cancel_before_create",
    "duplicate_after_cancel",
    "return_then_cancel",
    "two_lines",
    "two_locations",
    "corrected",
    "two_returns",
]
FaultRole = Literal["before_kill", "after_restart"]
ORDER_ROLES: Final[tuple[OrderRole, ...]] = get_args(OrderRole)
DeliveryMark = Literal[PerturbationKind, OrderRole, FaultRole]  # why a delivery is not an ordinary one


class PerturbationConfig(Config):
    """One change to the plan of deliveries."""

    kind: PerturbationKind
    share: Share
    topics: Annotated[tuple[str, ...], Field(description="empty: every topic of shop and channels")] = ()
    seconds: Annotated[
        float, Field(ge=0, le=3_600, description="maximum delay of the copy, the reordered or the delayed delivery")
    ] = 0.5
    copies: Annotated[int, Field(ge=1, le=10, description="duplicate: copies besides the original")] = 1


Quota = Annotated[int, Field(ge=0, le=1_000)]


class QuotasConfig(Config):
    """How often a rare case occurs in every plan, whatever the seed. 0: only by chance.

    All but `two_locations` count orders of the marketplaces; half as many of the own store are added where the load has
    orders enough. Each gets ordinary SKUs that do not sell out, and no other perturbation. `two_locations` counts those
    of the own store. The two of faults count events for each fault that ends a process at a planned time.
    """

    late_duplicate: Annotated[
        Quota, Field(description="each event once more, 5 minutes later by retry_time_scale, at most 45 % of the load")
    ] = 0
    resent: Annotated[Quota, Field(description="each event once more within a second, under a new webhook id")] = 0
    near_duplicate: Annotated[Quota, Field(description="each event once more, less than 5 ms later")] = 0
    cancel_before_create: Annotated[Quota, Field(description="the cancellation is delivered before the sale")] = 0
    duplicate_after_cancel: Annotated[Quota, Field(description="the sale once more, after the cancellation")] = 0
    return_then_cancel: Annotated[
        Quota,
        Field(
            description="a part comes back, then the rest is cancelled; every second return is delivered after that, "
            "and the sales of the others once more, under a new webhook id"
        ),
    ] = 0
    two_returns: Annotated[Quota, Field(description="the order comes back in two parts, each a return of its own")] = 0
    two_lines: Annotated[Quota, Field(description="two lines of the order have the same SKU")] = 0
    two_locations: Annotated[
        Quota, Field(description="an order of the own store is taken from two locations of its SKU, a unit from each")
    ] = 0
    corrected: Annotated[
        Quota,
        Field(
            description="the stock of its SKU is corrected by staff within 200 ms, while the subject writes the order"
        ),
    ] = 0
    before_kill: Annotated[
        Quota, Field(le=20, description="the last events of SKUs of their own, within 100 ms before the fault")
    ] = 0
    after_restart: Annotated[
        Quota, Field(le=20, description="the only events of SKUs of their own, within a second after the restart")
    ] = 0
    forgeries: Annotated[
        Quota,
        Field(
            le=100,
            description="forged deliveries of each topic of each source, at the least; from 11 on of every kind",
        ),
    ] = 0

    poison: Annotated[
        Quota, Field(le=20, description="deliveries that nobody can process, of each kind of each topic that has it")
    ] = 0

    def of_orders(self) -> dict[OrderRole, int]:
        """The quotas of orders, in the order in which they are dealt."""
        return {role: getattr(self, role) for role in ORDER_ROLES}


# When Shopify removes a subscription that the API made. Its pages disagree (docs/sources.md, S5).
RemovalRule = Literal["exhausted", "consecutive", "day"]


class DeliveryConfig(Config):
    """How Shopify and the channels deliver."""

    policy: Literal["shopify_2024_09", "guide"] = "shopify_2024_09"
    retry_time_scale: Annotated[
        float,
        Field(gt=0, le=1, description="factor on every retry gap, so that retries fit a short run; 1 is Shopify's"),
    ] = 1.0
    removal: Annotated[
        RemovalRule,
        Field(
            description='when a subscription is removed: "exhausted", when one delivery has used up its retries; '
            '"consecutive", after 8 failed attempts in a row; "day", after 8 deliveries given up within 24 hours, '
            "scaled like the gaps. The policy guide has a rule of its own"
        ),
    ] = "exhausted"
    debounce_s: Annotated[
        float,
        Field(
            ge=0,
            le=3_600,
            description="for how long a payload of included fields that equals the last one of its resource is not "
            "sent again; Shopify does not say how long",
        ),
    ] = 5.0
    fan_out_per_s: Annotated[
        float,
        Field(
            ge=1,
            le=1_000_000,
            description="how many events of one API call leave in a second, one after the other: a call can change 250 "
            "levels at once; Shopify does not say how many",
        ),
    ] = 250.0


class QuiesceConfig(Config):
    """The end of a run: nothing is pending and there is no stock change or push for `quiet_s`, or after `max_s`."""

    quiet_s: Annotated[float, Field(gt=0, le=600)] = 2.0
    max_s: Annotated[float, Field(gt=0, le=3_600)] = 30.0


# What a subject does, and so what it can be judged on. full: it writes to the shop and lists on the marketplaces.
# probe: it only keeps stock and orders of its own, which are read. acknowledgement: it only answers webhooks.
Level = Literal["full", "probe", "acknowledgement"]


class SubjectConfig(Config):
    """Settings that the subject is given."""

    reconcile_s: Annotated[
        float | None,
        Field(
            ge=0.5,
            le=86_400,
            description="seconds between two reconciliations of the subject; left out: its own period",
        ),
    ] = None

    safety_stock: Annotated[int, Field(ge=0, le=10_000)] = 0
    subscription_check_s: Annotated[
        float,
        Field(
            gt=0,
            le=86_400,
            description="seconds between two checks by the reference service that all its subscriptions are there",
        ),
    ] = 300.0


class WorldConfig(Config):
    """The whole configuration of the pure core, except the seed."""

    shop: ShopConfig = ShopConfig()
    channels: Annotated[tuple[ChannelConfig, ...], Field(min_length=1, max_length=20)]
    phases: Annotated[tuple[PhaseConfig, ...], Field(min_length=1, max_length=200)]
    orders: OrdersConfig = OrdersConfig()
    events: ShopEventsConfig = ShopEventsConfig()
    perturbations: tuple[PerturbationConfig, ...] = ()
    quotas: QuotasConfig = QuotasConfig()
    delivery: DeliveryConfig = DeliveryConfig()
    faults: tuple[FaultConfig, ...] = ()
    api_faults: tuple[ApiFaultConfig, ...] = ()
    app: AppConfig = AppConfig()
    life: Annotated[tuple[LifeConfig, ...], Field(max_length=200)] = ()
    quiesce: QuiesceConfig = QuiesceConfig()
    subject: SubjectConfig = SubjectConfig()
