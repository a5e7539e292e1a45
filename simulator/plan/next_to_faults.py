"""The events next to a fault that ends a process: the last ones before it, and the first ones after its restart.

Each has a SKU that nothing else moves, so that no later event can hide what became of it.
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
from stockstorm.simulator.plan.quotas import KEPT_KEY, is_bought, kept_skus
from stockstorm.simulator.seeds import Seeds

BEFORE_NS: Final = 2 * MILLISECOND_NS  # from the last event to the fault
BEFORE_STEP_NS: Final = 4 * MILLISECOND_NS
AFTER_STEP_NS: Final = 20 * MILLISECOND_NS


def drafts_next_to_faults(config: WorldConfig, seeds: Seeds) -> list[Draft]:
    """Purchases on the marketplaces and restocks, in turn, sorted. None is after the end of load."""
    end_ns, kept = schedule.starts_ns(config.phases)[-1], kept_skus(config)
    found: list[Draft] = []
    key = int(KEPT_KEY)
    for fault in ending(config):
        for role, skus in kept.items():
            for nth, sku in enumerate(skus):
                at_ns = _before_ns(fault, nth) if role == "before_kill" else _after_ns(fault, nth)
                if 0 <= at_ns < end_ns:
                    found.append(_draft(config, seeds, at_ns, OrderKey(key), sku, bought=is_bought(nth)))
                key += 1
    return sorted(found)


def ending(config: WorldConfig) -> Iterator[FaultConfig]:
    """The faults that end a process at a planned time."""
    return (fault for fault in config.faults if fault.on == "time" and FAULTS[fault.kind].action != "pause")


def _before_ns(fault: FaultConfig, nth: int) -> int:
    return round(fault.at_s * SECOND_NS) - BEFORE_NS - nth * BEFORE_STEP_NS


def _after_ns(fault: FaultConfig, nth: int) -> int:
    return round((fault.at_s + fault.restart_after_s) * SECOND_NS) + nth * AFTER_STEP_NS


def _draft(config: WorldConfig, seeds: Seeds, at_ns: int, key: OrderKey, sku: Sku, *, bought: bool) -> Draft:
    if not bought:
        return Draft(at_ns, Rank.RESTOCK, key, 1, PlannedRestock, (sku, config.events.restock_units))
    markets = [channel.name for channel in config.channels if channel.name != ONLINE] or [ONLINE]
    channel = markets[key // 2 % len(markets)]
    buyer = int(seeds.draw("next to a fault", key) * config.shop.buyers)
    events = 1 if channel != ONLINE else 1 + events_a_line(config)
    return Draft(at_ns, Rank.PURCHASE, key, events, PlannedPurchase, (key, channel, buyer, ((sku, 1),)))
