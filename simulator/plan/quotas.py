"""Quotas: which orders of a plan get a rare fate, and which SKUs are kept for events that nothing later may hide.

An order gets its role by its key alone: every `stride`-th order has one, until all are dealt. The same order therefore
has it in every run of a scenario, and the delivery service needs no plan to know it. Times count from the purchase.
"""

import math
from collections.abc import Iterator
from typing import Final, NamedTuple

from stockstorm.simulator.catalogue import hot_count, sku_names
from stockstorm.simulator.clock import MILLISECOND_NS, SECOND_NS
from stockstorm.simulator.config import (
    KEPT_ROLES,
    ORDER_ROLES,
    KeptRole,
    OrderRole,
    PhaseConfig,
    QuotasConfig,
    WorldConfig,
)
from stockstorm.simulator.model import ONLINE, OrderKey, Sku
from stockstorm.simulator.plan.drafts import zipf_steps
from stockstorm.simulator.plan.schedule import arrival_count

PAID_AFTER_NS: Final = 200 * MILLISECOND_NS
RETURNED_AFTER_NS: Final = 700 * MILLISECOND_NS
RETURNED_AGAIN_AFTER_NS: Final = 1_600 * MILLISECOND_NS
CANCELLED_AFTER_NS: Final[dict[OrderRole, int]] = {
    "cancel_before_create": 300 * MILLISECOND_NS,
    "duplicate_after_cancel": 500 * MILLISECOND_NS,
    "return_then_cancel": 2_500 * MILLISECOND_NS,
    "undone": 2_500 * MILLISECOND_NS,
}
CORRECTED_AFTER_NS: Final = 200 * MILLISECOND_NS  # at the latest: while a subject reads, calculates and writes
AFTER_CANCELLATION_NS: Final = 400 * MILLISECOND_NS  # from a cancellation to what must come after it
FAULT_ROLES: Final[tuple[KeptRole, ...]] = ("before_kill", "after_restart")
OWN_STORE: Final[frozenset[OrderRole]] = frozenset({"two_locations"})  # no marketplace decides where units come from
LATE_NS: Final = 300 * SECOND_NS  # times retry_time_scale
LATE_SHARE_MAX: Final = 0.45  # of the load, so that an order of its first half gets it within the load
STOCK_SHARE_MAX: Final = 0.5  # the least initial stock of an ordinary SKU, of the configured one
DEVIATIONS: Final = 6.0  # of a Poisson law; beyond that one plan in a billion is


class Part(NamedTuple):
    """What an order with a role is: its role, and the channel that it is placed on."""

    role: OrderRole
    channel: str


class Roles:
    """The roles of a scenario's orders, by key."""

    def __init__(self, config: WorldConfig) -> None:
        self._parts = _dealt(config)
        self._stride = max(1, orders_at_least(config.phases) // max(1, len(self._parts)))

    def __len__(self) -> int:
        """The number of orders that have a role."""
        return len(self._parts)

    def __iter__(self) -> Iterator[Part]:
        """All parts, in the order of their keys."""
        return iter(self._parts)

    def nth(self, key: int) -> int:
        """How many orders of the same role and kind of channel come before this one."""
        place = key // self._stride
        part = self._parts[place]
        before = self._parts[:place]
        return sum(one.role == part.role and (one.channel == ONLINE) == (part.channel == ONLINE) for one in before)

    def has(self, key: int, role: OrderRole) -> bool:
        """Whether this order has this role."""
        part = self.of(key)
        return part is not None and part.role == role

    def of(self, key: int) -> Part | None:
        """The role of this order, None for nearly every order."""
        place, rest = divmod(key, self._stride)
        return self._parts[place] if not rest and place < len(self._parts) else None


def _dealt(config: WorldConfig) -> tuple[Part, ...]:
    """All parts in the order of their keys: late duplicates first, because they need time, then one of each in turn.

    A quota counts orders of the marketplaces, because those are what a subject writes to the master. Where the load has
    orders enough, half as many of the own store are added.
    """
    markets = [channel.name for channel in config.channels if channel.name != ONLINE] or [ONLINE]
    quotas = config.quotas.of_orders()
    turns = [(role, n) for n in range(max(quotas.values())) for role in ORDER_ROLES if n < quotas[role]]
    parts = [
        Part(role, ONLINE if role in OWN_STORE else markets[(n + ORDER_ROLES.index(role)) % len(markets)])
        for role, n in turns
    ]
    own = [Part(role, ONLINE) for role, n in turns if n < quotas[role] // 2 and role not in OWN_STORE]
    if len(parts) + len(own) <= orders_at_least(config.phases):
        parts += own
    return tuple(sorted(parts, key=lambda part: part.role != "late_duplicate"))


def late_ns(config: WorldConfig) -> int:
    """From a delivery to its late duplicate."""
    load_s = sum(phase.seconds for phase in config.phases)
    return int(min(LATE_NS * config.delivery.retry_time_scale, LATE_SHARE_MAX * load_s * SECOND_NS))


def orders_at_least(phases: tuple[PhaseConfig, ...]) -> int:
    """The number of purchases that a plan of these phases has at the least, whatever the seed."""
    drawn = sum(phase.rate * phase.seconds for phase in phases if phase.kind in ("poisson", "burst"))
    fixed = sum(arrival_count(phase) for phase in phases) - drawn
    return int(fixed + max(0.0, drawn - DEVIATIONS * math.sqrt(drawn)))


# -- kept SKUs ---------------------------------------------------------------------------------------------------------


def kept_skus(config: WorldConfig) -> dict[KeptRole, tuple[Sku, ...]]:
    """The SKUs that nothing moves but the events of their role: the last ones, at most half of the ordinary ones."""
    counts = config.quotas.of_kept()
    names = sku_names(config.shop)
    first = len(names) - sum(counts.values())
    if sum(counts.values()) > (len(names) - hot_count(config.shop)) // 2:
        return dict.fromkeys(KEPT_ROLES, ())
    found: dict[KeptRole, tuple[Sku, ...]] = {}
    for role, count in counts.items():
        found[role] = tuple(names[first : first + count])
        first += count
    return found


def ordinary_skus(config: WorldConfig) -> list[Sku]:
    """The SKUs that are not hot, without those that are kept; the ones sold least come last."""
    names, kept = sku_names(config.shop), sum(map(len, kept_skus(config).values()))
    return list(names[hot_count(config.shop) : len(names) - kept])


def is_bought(role: KeptRole, position: int) -> bool:
    """Whether the kept SKU at this position is bought. Next to a fault every other one is restocked only."""
    return role == "netted" or position % 2 == 0


KEPT_KEY: Final = OrderKey(1_000_000_000)  # the first key of orders of kept SKUs, above every other order's


# -- what fits ---------------------------------------------------------------------------------------------------------


def fitting(config: WorldConfig) -> QuotasConfig:
    """The quotas, lowered in proportion where the load has too few orders. Orders get none where SKUs may sell out."""
    wanted, there = sum(config.quotas.of_orders().values()), orders_at_least(config.phases)
    if wanted <= there and sells_out(config) is None:
        return config.quotas
    there = 0 if sells_out(config) is not None else there
    lowered = {str(role): quota * there // wanted for role, quota in config.quotas.of_orders().items() if quota}
    return config.quotas.model_copy(update=lowered)


def sells_out(config: WorldConfig) -> tuple[float, float] | None:
    """(units wanted, units that can be sold) of a SKU of the less popular half, if it may sell out. None: it does not.

    Both are bounds over all seeds: the most popular SKU of that half, and the least initial stock.
    """
    shop, orders = config.shop, config.orders
    ordinary = shop.skus - hot_count(shop) - sum(map(len, kept_skus(config).values()))
    purchases = sum(arrival_count(phase) for phase in config.phases)
    lines = purchases * (1 + orders.lines_max) / 2
    if ordinary > 0:
        share = zipf_share(ordinary, ordinary // 2, shop.zipf)
        stock = STOCK_SHARE_MAX * shop.stock
    else:
        share, stock = 1 / max(1, hot_count(shop)), float(shop.hot_stock)
    mean = lines * share * (1 + orders.quantity_max) / 2
    by_roles = 3 * orders.quantity_max * sum(config.quotas.of_orders().values()) / max(1, ordinary // 2)
    mean += _corrected_units(config, share, ordinary)
    most = mean + by_roles + DEVIATIONS * math.sqrt(mean + by_roles) * orders.quantity_max
    sellable = stock - config.subject.safety_stock
    return None if most <= sellable else (most, max(0.0, sellable))


def _corrected_units(config: WorldConfig, share: float, ordinary: int) -> float:
    """Units of a SKU of the less popular half that corrections take away, at the most on average."""
    seconds = sum(phase.seconds for phase in config.phases)
    corrections = config.events.corrections_per_s * seconds * share + 3 * config.quotas.corrected / max(
        1, ordinary // 2
    )
    return corrections * config.events.correction_units


def zipf_share(count: int, rank: int, exponent: float) -> float:
    """The share of the SKU at this rank, from 0, by Zipf's law."""
    steps = zipf_steps(count, exponent)
    return steps[rank] - (steps[rank - 1] if rank else 0.0)
