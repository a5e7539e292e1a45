"""Events of SKUs that nothing else moves, so that no later event can hide what became of them.

Those next to a fault that ends a process are the last ones before it, and the first ones after its restart. Those that
net to nothing are a marketplace's sale, and a unit that staff add at the same time.
"""

from collections.abc import Iterator
from typing import Final

from stockstorm.simulator.clock import MILLISECOND_NS, SECOND_NS
from stockstorm.simulator.config import FAULTS, FaultConfig, WorldConfig
from stockstorm.simulator.model import ONLINE, OrderKey, Sku
from stockstorm.simulator.plan import schedule
from stockstorm.simulator.plan.drafts import Draft, Rank
from stockstorm.simulator.plan.items import PlannedPurchase, PlannedRestock
from stockstorm.simulator.plan.purchases import events_a_line
from stockstorm.simulator.plan.quotas import FAULT_ROLES, KEPT_KEY, is_bought, kept_skus
from stockstorm.simulator.seeds import Seeds

NETTED_UNITS: Final = 1  # as many as a purchase of a kept SKU has
BEFORE_NS: Final = 2 * MILLISECOND_NS  # from the last event to the fault
BEFORE_STEP_NS: Final = 4 * MILLISECOND_NS
AFTER_STEP_NS: Final = 20 * MILLISECOND_NS
NETTED_KEY: Final = KEPT_KEY + 1_000_000
NETTED_FROM: Final = 0.3  # of the load, until its end
NETTED_NS: Final = 20 * MILLISECOND_NS  # from the sale to the restock


def kept_drafts(config: WorldConfig, seeds: Seeds) -> list[Draft]:
    """Purchases on the marketplaces and restocks, sorted. None is after the end of load."""
    return sorted([*_next_to_faults(config, seeds), *_netted(config, seeds)])


def _next_to_faults(config: WorldConfig, seeds: Seeds) -> Iterator[Draft]:
    end_ns, kept = schedule.starts_ns(config.phases)[-1], kept_skus(config)
    key = int(KEPT_KEY)
    for fault in ending(config):
        for role in FAULT_ROLES:
            for nth, sku in enumerate(kept[role]):
                at_ns = _before_ns(fault, nth) if role == "before_kill" else _after_ns(fault, nth)
                if 0 <= at_ns < end_ns:
                    one = _purchase if is_bought(role, nth) else _restock
                    yield one(config, seeds, at_ns, OrderKey(key), sku)
                key += 1


def _netted(config: WorldConfig, seeds: Seeds) -> Iterator[Draft]:
    skus, end_ns = kept_skus(config)["netted"], schedule.starts_ns(config.phases)[-1]
    first_ns = int(NETTED_FROM * end_ns)
    for nth, sku in enumerate(skus):
        at_ns, key = first_ns + (end_ns - first_ns) * nth // len(skus), OrderKey(NETTED_KEY + 2 * nth)
        yield _purchase(config, seeds, at_ns, key, sku)
        back_ns = min(at_ns + NETTED_NS, end_ns - 1)
        yield Draft(back_ns, Rank.RESTOCK, key, 1, PlannedRestock, (sku, NETTED_UNITS))


def ending(config: WorldConfig) -> Iterator[FaultConfig]:
    """The faults that end a process at a planned time."""
    return (fault for fault in config.faults if fault.on == "time" and FAULTS[fault.kind].action != "pause")


def _before_ns(fault: FaultConfig, nth: int) -> int:
    return round(fault.at_s * SECOND_NS) - BEFORE_NS - nth * BEFORE_STEP_NS


def _after_ns(fault: FaultConfig, nth: int) -> int:
    return round((fault.at_s + fault.restart_after_s) * SECOND_NS) + nth * AFTER_STEP_NS


def _restock(config: WorldConfig, _seeds: Seeds, at_ns: int, key: OrderKey, sku: Sku) -> Draft:
    return Draft(at_ns, Rank.RESTOCK, key, 1, PlannedRestock, (sku, config.events.restock_units))


def _purchase(config: WorldConfig, seeds: Seeds, at_ns: int, key: OrderKey, sku: Sku) -> Draft:
    markets = [channel.name for channel in config.channels if channel.name != ONLINE] or [ONLINE]
    channel = markets[key // 2 % len(markets)]
    buyer = int(seeds.draw("next to a fault", key) * config.shop.buyers)
    events = 1 if channel != ONLINE else 1 + events_a_line(config)
    return Draft(at_ns, Rank.PURCHASE, key, events, PlannedPurchase, (key, channel, buyer, ((sku, NETTED_UNITS),)))
