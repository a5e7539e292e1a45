"""Quotas: which orders of a plan get a rare fate, and which SKUs are kept for the events next to a fault.

An order gets its role by its key alone: every `stride`-th order has one, until all are dealt. The same order therefore
has it in every run of a scenario, and the delivery service needs no plan to know it. Times count from the purchase.
"""

import math
from collections.abc import Iterator
from typing import Final, NamedTuple

from stockstorm.simulator.catalogue import hot_count, sku_names
from stockstorm.simulator.clock import MILLISECOND_NS, SECOND_NS
from stockstorm.simulator.config import ORDER_ROLES, FaultRole, OrderRole, PhaseConfig, QuotasConfig, WorldConfig
from stockstorm.simulator.model import ONLINE, OrderKey, Sku
from stockstorm.simulator.plan.schedule import arrival_count

PAID_AFTER_NS: Final = 200 * MILLISECOND_NS
RETURNED_AFTER_NS: Final = 700 * MILLISECOND_NS
CANCELLED_AFTER_NS: Final[dict[OrderRole, int]] = {
    "cancel_before_create": 300 * MILLISECOND_NS,
    "duplicate_after_cancel": 500 * MILLISECOND_NS,
    "return_then_cancel": 2_500 * MILLISECOND_NS,
}
AFTER_CANCELLATION_NS: Final = 400 * MILLISECOND_NS  # from a cancellation to what must come after it
LATE_NS: Final = 300 * SECOND_NS  # times retry_time_scale
LATE_SHARE_MAX: Final = 0.4  # of the load, so that an order of its first half gets it within the load
STOCK_SHARE_MAX: Final = 0.5  # of the least initial stock, that buyers want of one of the SKUs that roles use
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

    def of(self, key: int) -> Part | None:
        """The role of this order, None for nearly every order."""
        place, rest = divmod(key, self._stride)
        return self._parts[place] if not rest and place < len(self._parts) else None


def _dealt(config: WorldConfig) -> tuple[Part, ...]:
    """All parts in the order of their keys: late duplicates first, because they need time, then one of each in turn.

    Every second order of a role is one of the own store; the others are spread over the marketplaces.
    """
    markets = [channel.name for channel in config.channels if channel.name != ONLINE]
    quotas = config.quotas.of_orders()
    turns = [("late_duplicate", n) for n in range(quotas["late_duplicate"])]
    rest = [role for role in ORDER_ROLES if role != "late_duplicate"]
    turns += [(role, n) for n in range(max(quotas.values())) for role in rest if n < quotas[role]]
    parts = []
    for role, n in turns:
        market = markets[(n // 2 + ORDER_ROLES.index(role)) % len(markets)] if markets else ONLINE
        parts.append(Part(role, ONLINE if n % 2 else market))
    return tuple(parts)


def late_ns(config: WorldConfig) -> int:
    """From a delivery to its late duplicate."""
    load_s = sum(phase.seconds for phase in config.phases)
    return int(min(LATE_NS * config.delivery.retry_time_scale, LATE_SHARE_MAX * load_s * SECOND_NS))


def orders_at_least(phases: tuple[PhaseConfig, ...]) -> int:
    """The number of purchases that a plan of these phases has at the least, whatever the seed."""
    drawn = sum(phase.rate * phase.seconds for phase in phases if phase.kind in ("poisson", "burst"))
    fixed = sum(arrival_count(phase) for phase in phases) - drawn
    return int(fixed + max(0.0, drawn - DEVIATIONS * math.sqrt(drawn)))


# -- SKUs next to faults -----------------------------------------------------------------------------------------------


def kept_skus(config: WorldConfig) -> dict[FaultRole, tuple[Sku, ...]]:
    """The SKUs that nobody buys but the orders next to a fault: the last ones, at most half of the ordinary ones."""
    before, after = config.quotas.before_kill, config.quotas.after_restart
    names = sku_names(config.shop)
    if before + after > (len(names) - hot_count(config.shop)) // 2:
        return {"before_kill": (), "after_restart": ()}
    kept = names[len(names) - before - after :]
    return {"before_kill": tuple(kept[:before]), "after_restart": tuple(kept[before:])}


def is_bought(position: int) -> bool:
    """Whether the kept SKU at this position is bought next to a fault. The others are restocked."""
    return position % 2 == 0


KEPT_KEY: Final = OrderKey(1_000_000_000)  # the first key of orders next to faults, above every other order's


# -- what fits ---------------------------------------------------------------------------------------------------------


def fitting(config: WorldConfig) -> QuotasConfig:
    """The quotas, lowered in proportion where the load has too few orders for them."""
    wanted, there = sum(config.quotas.of_orders().values()), orders_at_least(config.phases)
    if wanted <= there:
        return config.quotas
    lowered = {role: quota * there // wanted for role, quota in config.quotas.of_orders().items()}
    return config.quotas.model_copy(update=lowered)
