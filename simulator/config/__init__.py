"""The configuration of a world: validated, frozen values, read from a scenario file by `scenarios.loader`.

Every field has a unit in its name or description, bounds, and a default where one is sensible.
"""

from typing import Annotated, Literal

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
from stockstorm.simulator.config.deliveries import (
    KEPT_ROLES,
    ORDER_ROLES,
    DeliveryConfig,
    DeliveryMark,
    ForgeryKind,
    KeptRole,
    OrderRole,
    PerturbationConfig,
    PerturbationKind,
    PoisonKind,
    Quota,
    QuotasConfig,
    RemovalRule,
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
from stockstorm.simulator.config.shop import (
    PLAN_NAMES,
    ChannelConfig,
    ChannelTells,
    ShopConfig,
    ShopPlan,
    SkuStyle,
    app_version,
)
from stockstorm.simulator.config.trade import (
    OrdersConfig,
    PhaseConfig,
    ShopEventsConfig,
)

__all__ = [  # what is declared in other files and named here too
    "ADMIN",
    "ALL_SCOPES",
    "API_FAULTS",
    "EVERY_API",
    "FAULTS",
    "KEPT_ROLES",
    "LEFT_OPEN",
    "LIFE",
    "MARKETPLACES",
    "ORDER_ROLES",
    "PLAN_NAMES",
    "PROCESS_NAMES",
    "ApiFaultConfig",
    "ApiFaultKind",
    "AppConfig",
    "ChannelConfig",
    "ChannelTells",
    "Config",
    "CustomerData",
    "DeliveryConfig",
    "DeliveryMark",
    "Fault",
    "FaultAction",
    "FaultConfig",
    "FaultKind",
    "FaultTarget",
    "FaultTrigger",
    "ForgeryKind",
    "KeptRole",
    "LifeChange",
    "LifeConfig",
    "LifeKind",
    "Name",
    "OrderRole",
    "OrdersConfig",
    "PerturbationConfig",
    "PerturbationKind",
    "PhaseConfig",
    "PoisonKind",
    "ProcessName",
    "Quota",
    "QuotasConfig",
    "RemovalRule",
    "Scope",
    "Seconds",
    "Share",
    "ShopConfig",
    "ShopEventsConfig",
    "ShopPlan",
    "SkuStyle",
    "app_version",
    "fault_label",
]


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
    lists_less: Annotated[
        bool, Field(description="it lists fewer units than there are on purpose, so only too many are wrong")
    ] = False
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
