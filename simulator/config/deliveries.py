"""How deliveries are made and perturbed, and how often rare cases occur."""

from typing import Annotated, Final, Literal, get_args

from pydantic import Field

from stockstorm.simulator.config.fields import Config, Share

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
PoisonKind = Literal["unknown_sku", "null_lines", "huge_quantity", "wrong_type", "not_json", "null_level"]
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
    "undone",
]
KeptRole = Literal["netted", "before_kill", "after_restart"]  # of events of SKUs that nothing else moves
ORDER_ROLES: Final[tuple[OrderRole, ...]] = get_args(OrderRole)
KEPT_ROLES: Final[tuple[KeptRole, ...]] = get_args(KeptRole)
DeliveryMark = Literal[PerturbationKind, OrderRole, KeptRole]  # why a delivery is not an ordinary one


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
    `negative_level` counts transfers, and `netted` counts sales.
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
    two_returns: Annotated[
        Quota,
        Field(
            description="the order comes back in two parts, each a return of its own; every second sale is delivered "
            "after both, and all events of the others come twice at once, under two webhook ids"
        ),
    ] = 0
    undone: Annotated[
        Quota,
        Field(
            description="the order comes back in two parts, and then the rest is cancelled; every second sale is "
            "delivered after all of that"
        ),
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
    negative_level: Annotated[
        Quota,
        Field(
            le=100,
            description="near the end of the load more of an item leaves a location than there is, to another one: its "
            "level there is below zero, and the sum stays",
        ),
    ] = 0
    netted: Annotated[
        Quota,
        Field(
            le=20,
            description="a marketplace sells a unit of a SKU that nothing else moves, and staff add one within 20 ms: "
            "the level at rest is the one before",
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

    def of_kept(self) -> dict[KeptRole, int]:
        """The quotas of events that have a SKU of their own."""
        return {role: getattr(self, role) for role in KEPT_ROLES}


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
    stock_event_ids: Annotated[
        Literal["shared", "own"],
        Field(
            description='event ids of the stock events that follow from an order: "shared" with the order, or each its '
            '"own"; Shopify does not say which'
        ),
    ] = "shared"
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
