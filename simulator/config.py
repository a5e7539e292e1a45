"""The configuration of a world: validated, frozen values, read from a scenario file by `scenarios.loader`.

Every field has a unit in its name or description, bounds, and a default where one is sensible.
"""

from typing import Annotated, Final, Literal, NamedTuple, get_args

from pydantic import BaseModel, ConfigDict, Field

from stockstorm.simulator.versions import NEWEST, VERSIONS, ApiVersion, serving

Share = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0, le=86_400)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
ShopPlan = Literal["standard", "advanced", "plus", "enterprise"]


class Config(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


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


PerturbationKind = Literal["duplicate", "reorder", "delay"]  # registered in `delivery.perturbations`
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
]  # made in `delivery.forgery`
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
        Field(description="a part comes back, then the rest is cancelled; every second return is delivered after that"),
    ] = 0
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

    def of_orders(self) -> dict[OrderRole, int]:
        """The quotas of orders, in the order in which they are dealt."""
        return {role: getattr(self, role) for role in ORDER_ROLES}


class DeliveryConfig(Config):
    """How Shopify and the channels deliver."""

    policy: Literal["shopify_2024_09", "guide"] = "shopify_2024_09"
    retry_time_scale: Annotated[
        float,
        Field(gt=0, le=1, description="factor on every retry gap, so that retries fit a short run; 1 is Shopify's"),
    ] = 1.0


ProcessName = Literal["receiver", "worker"]  # processes of a subject
# What a fault can hit. The broker is an emulator of SQS, EventBridge or Pub/Sub; the publisher stands for Shopify at a
# bus. Both are parts of the run, like the database.
# The subject is all its processes at once: a power cut.
FaultTarget = Literal[ProcessName, "subject", "database", "broker", "publisher"]
FaultAction = Literal["kill", "pause", "restart"]
# The only definition of the kinds of fault. A new kind is one name here, and one row of FAULTS.
FaultKind = Literal[
    "kill_receiver",
    "kill_worker",
    "kill_subject",
    "kill_database",
    "kill_broker",
    "kill_publisher",
    "pause_receiver",
    "pause_worker",
    "pause_database",
    "pause_broker",
    "pause_publisher",
    "restart_database",
]
_PAST: Final[dict[str, str]] = {"kill": "killed", "pause": "paused", "restart": "restarted"}


class Fault(NamedTuple):
    """What a fault does. It hits all processes of its target at once.

    kill: SIGKILL, a crash, and a new start. pause: SIGSTOP, and SIGCONT. restart: a clean end, and a new start.
    """

    action: FaultAction
    target: FaultTarget

    @property
    def label(self) -> str:
        """Its name in reports."""
        return f"{self.target} {_PAST[self.action]}"


FAULTS: Final[dict[FaultKind, Fault]] = {
    "kill_receiver": Fault("kill", "receiver"),
    "kill_worker": Fault("kill", "worker"),
    "kill_subject": Fault("kill", "subject"),
    "kill_database": Fault("kill", "database"),
    "kill_broker": Fault("kill", "broker"),
    "kill_publisher": Fault("kill", "publisher"),
    "pause_receiver": Fault("pause", "receiver"),
    "pause_worker": Fault("pause", "worker"),
    "pause_database": Fault("pause", "database"),
    "pause_broker": Fault("pause", "broker"),
    "pause_publisher": Fault("pause", "publisher"),
    "restart_database": Fault("restart", "database"),
}


def fault_label(fault: str) -> str:
    """The label of a fault in reports. A fault that was not planned has its name in the history as its label."""
    return next((known.label for kind, known in FAULTS.items() if kind == fault), fault)


# What begins a fault. "executed": the subject's change of the master has been executed, and its answer is withheld
# until the fault has begun. "acknowledged": the subject has acknowledged an event, and its calls are held until then.
FaultTrigger = Literal["time", "executed", "acknowledged"]


class FaultConfig(Config):
    """One fault, at `at_s` seconds after the start of load; or `count` faults, each on evidence that begins it."""

    kind: FaultKind
    on: Annotated[
        FaultTrigger,
        Field(
            description='what begins it: "time"; "executed", a change of the master that was executed and is not yet '
            'answered; "acknowledged", an event that was acknowledged and is not yet applied'
        ),
    ] = "time"
    at_s: Annotated[Seconds, Field(description="when it begins; one on evidence does not begin earlier")]
    count: Annotated[int, Field(ge=1, le=100, description="how often a fault on evidence occurs, at most")] = 1
    every_s: Annotated[
        Seconds, Field(description="least time from the end of any fault to the next that begins on evidence")
    ] = 1.0
    topics: Annotated[
        tuple[str, ...],
        Field(description="acknowledged: of which events; empty: new orders of the marketplaces, order.created"),
    ] = ()
    restart_after_s: Annotated[
        Seconds, Field(description="how long the target is down or paused; 0: it is started again at once")
    ] = 1.0


# The only definition of the kinds of API fault, with their labels in reports. Each is a file of `api.faults`.
ApiFaultKind = Literal[
    "server_error", "failed_after", "throttled", "rows_rejected", "slow", "answer_lost", "dropped", "down"
]  # fmt: skip
API_FAULTS: Final[dict[ApiFaultKind, str]] = {
    "server_error": "server errors",
    "failed_after": "server errors after execution",
    "throttled": "throttling",
    "rows_rejected": "rows rejected",
    "slow": "slow answers",
    "answer_lost": "answers lost after execution",
    "dropped": "connections dropped before execution",
    "down": "an outage",
}
EVERY_API: Final = "all"
ADMIN: Final = "admin"
MARKETPLACES: Final = "marketplaces"


class ApiFaultConfig(Config):
    """Calls of the subject that fail at the simulated APIs, in an interval of the load."""

    kind: ApiFaultKind
    api: Annotated[
        Name, Field(description='"all", "admin", "marketplaces", or the name of one marketplace: whose calls fail')
    ] = EVERY_API
    share: Annotated[
        float,
        Field(ge=0.0001, le=1, description="of the calls, reads and writes each; which ones depends on the seed only"),
    ] = 1.0
    from_s: Annotated[Seconds, Field(description="seconds after the start of load")] = 0.0
    until_s: Annotated[Seconds | None, Field(description="end of the interval; left out: the end of the load")] = None
    seconds: Annotated[
        float | None,
        Field(
            ge=0,
            le=60,
            description="slow: the longest delay (0.3); throttled: Retry-After of a marketplace (1); answer_lost and "
            "dropped: how long the connection stays open (0.5 and 0); down: both for a call without an answer, and "
            "Retry-After of a 503 (2)",
        ),
    ] = None


Scope = Annotated[str, Field(pattern=r"^(read|write)_[a-z_]{1,60}$")]
# What of protected customer data the app is approved to read: everything; orders without the person; nothing.
CustomerData = Literal["all", "orders", "none"]
# Everything that the simulated APIs need. Writing implies reading.
ALL_SCOPES: Final[tuple[str, ...]] = (
    "read_all_orders",
    "write_customers",
    "write_draft_orders",
    "write_fulfillments",
    "write_inventory",
    "write_locations",
    "write_merchant_managed_fulfillment_orders",
    "write_orders",
    "write_products",
    "write_publications",
)


class AppConfig(Config):
    """The app as which the subject is installed in the shop."""

    scopes: Annotated[
        tuple[Scope, ...],
        Field(max_length=100, description='access scopes, e.g. "read_orders"; write_x implies read_x; default: all'),
    ] = ALL_SCOPES
    redirect_urls: Annotated[
        tuple[str, ...], Field(max_length=20, description="to which OAuth may redirect; empty: to any")
    ] = ()
    customer_data: Annotated[
        CustomerData,
        Field(
            description='protected customer data that it may read: "all"; "orders", which then have no customer; "none"'
        ),
    ] = "all"


# The only definition of what can happen to an app, with its label in reports.
LifeKind = Literal[
    "uninstall",
    "reinstall",
    "rotate_secret",
    "revoke_token",
    "scopes_update",
    "data_request",
    "customer_redact",
    "shop_redact",
]
LifeChange = LifeKind | Literal["new_secret_used"]  # the latter: from now on deliveries are signed with the new secret
LIFE: Final[dict[LifeKind, str]] = {
    "uninstall": "app uninstalled",
    "reinstall": "app installed again",
    "rotate_secret": "client secret rotated",
    "revoke_token": "access token revoked",
    "scopes_update": "scopes changed",
    "data_request": "customers/data_request",
    "customer_redact": "customers/redact",
    "shop_redact": "shop/redact",
}


class LifeConfig(Config):
    """Something that happens to the installation of the app, at `at_s` seconds after the start of load."""

    kind: LifeKind
    at_s: Seconds
    after_s: Annotated[
        Seconds,
        Field(
            description="uninstall: how late app/uninstalled is delivered; rotate_secret: how long deliveries are "
            "still signed with the old secret, as Shopify's are for up to an hour"
        ),
    ] = 0.0
    scopes: Annotated[tuple[Scope, ...], Field(description="scopes_update: the scopes from then on")] = ()


class QuiesceConfig(Config):
    """The end of a run: nothing is pending and there is no stock change or push for `quiet_s`, or after `max_s`."""

    quiet_s: Annotated[float, Field(gt=0, le=600)] = 2.0
    max_s: Annotated[float, Field(gt=0, le=3_600)] = 30.0


class SubjectConfig(Config):
    """Settings that the subject is given."""

    safety_stock: Annotated[int, Field(ge=0, le=10_000)] = 0


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
