"""Makes a plan from a configuration and a seed.

`demand` draws what buyers want, `purchases` adds the follow-ups, `quotas` says which orders have a rare fate, `rates`
counts the events. This module adds restocks, transfers, product edits, faults and phases.
"""

import heapq
from collections.abc import Iterator
from typing import Final

from stockstorm.simulator import limits
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import WorldConfig
from stockstorm.simulator.errors import LimitError
from stockstorm.simulator.model import LIFE_TOPICS
from stockstorm.simulator.plan import schedule
from stockstorm.simulator.plan.demand import Demand
from stockstorm.simulator.plan.drafts import Draft, Rank
from stockstorm.simulator.plan.forgeries import forgery_drafts
from stockstorm.simulator.plan.items import (
    AnyPlanItem,
    Plan,
    PlannedFault,
    PlannedLife,
    PlannedPhase,
    PlannedProductEdit,
    PlannedRestock,
    PlannedTransfer,
)
from stockstorm.simulator.plan.kept import kept_drafts
from stockstorm.simulator.plan.poison import poison_drafts
from stockstorm.simulator.plan.purchases import correction_delta, purchase_drafts
from stockstorm.simulator.plan.quotas import ordinary_skus
from stockstorm.simulator.plan.rates import expected_events, expected_items_max, with_event_rate
from stockstorm.simulator.seeds import Seeds

BELOW_ZERO_FROM: Final = 0.8  # of the load
BELOW_ZERO_MAX: Final = 3  # units below zero


def plan_drafts(config: WorldConfig, seed: int) -> Iterator[Draft]:
    """Everything that will be attempted, sorted and made as it is read. LimitError when it would be too much.

    Each kind draws from its own streams.
    """
    _check_size(expected_items_max(config))
    seeds = Seeds(seed)
    demand = Demand(config, seeds)
    drafts = heapq.merge(
        purchase_drafts(config, seeds, demand),
        _restocks(config, seeds, demand),
        _transfers(config, seeds, demand),
        _below_zero(config),
        _corrections(config, seeds, demand),
        _product_edits(config, seeds, demand),
        kept_drafts(config, seeds),
        forgery_drafts(config, seeds, demand),
        poison_drafts(config, seeds, demand),
        sorted(_faults(config)),
        sorted(_life(config)),
        _phases(config),
    )
    for number, draft in enumerate(drafts, 1):
        if number > limits.PLAN_MAX_ITEMS:
            _check_size(number)
        yield draft


def _faults(config: WorldConfig) -> Iterator[Draft]:
    """The faults that begin at a time. The run itself finds when the others begin."""
    for n, fault in enumerate(config.faults):
        if fault.on != "time":
            continue
        values = (fault.kind, round(fault.restart_after_s * SECOND_NS))
        yield Draft(round(fault.at_s * SECOND_NS), Rank.FAULT, n, 0, PlannedFault, values)


def _life(config: WorldConfig) -> Iterator[Draft]:
    """What happens to the app. A rotation has two items: the new secret, and its first use in deliveries."""
    for n, life in enumerate(config.life):
        at_ns, after_ns = round(life.at_s * SECOND_NS), round(life.after_s * SECOND_NS)
        if life.kind == "rotate_secret":
            yield Draft(at_ns, Rank.LIFE, 2 * n, 0, PlannedLife, (life.kind,))
            yield Draft(at_ns + after_ns, Rank.LIFE, 2 * n + 1, 0, PlannedLife, ("new_secret_used",))
        else:
            told = 1 if life.kind in LIFE_TOPICS else 0
            yield Draft(at_ns, Rank.LIFE, 2 * n, told, PlannedLife, (life.kind, after_ns, life.scopes))


def _phases(config: WorldConfig) -> Iterator[Draft]:
    for n, (start_ns, phase) in enumerate(zip(schedule.starts_ns(config.phases), config.phases, strict=False)):
        yield Draft(start_ns, Rank.PHASE, n, 0, PlannedPhase, (phase.name,))


def _instants(config: WorldConfig, seeds: Seeds, name: str, rate_per_s: float) -> Iterator[int]:
    span_ns = schedule.starts_ns(config.phases)[-1]
    return schedule.poisson_ns(rate_per_s, span_ns, seeds.stream(name))


def _restocks(config: WorldConfig, seeds: Seeds, demand: Demand) -> Iterator[Draft]:
    events = config.events
    for n, at_ns in enumerate(_instants(config, seeds, "restocks", events.restocks_per_s)):
        sku = demand.restocked(seeds.draw("restock", n), events.restock_hot)
        if sku is not None:
            yield Draft(at_ns, Rank.RESTOCK, n, 1, PlannedRestock, (sku, events.restock_units))


def _transfers(config: WorldConfig, seeds: Seeds, demand: Demand) -> Iterator[Draft]:
    events = config.events
    for n, at_ns in enumerate(_instants(config, seeds, "transfers", events.transfers_per_s)):
        sku = demand.popular(seeds.draw("transfer", n))
        yield Draft(at_ns, Rank.TRANSFER, n, 2, PlannedTransfer, (sku, events.transfer_units))


def _below_zero(config: WorldConfig) -> Iterator[Draft]:
    """The quota of levels below zero: in the last part of the load, so that few later changes of a SKU hide one."""
    count, end_ns = config.quotas.negative_level, schedule.starts_ns(config.phases)[-1]
    skus = ordinary_skus(config)
    first_ns = int(BELOW_ZERO_FROM * end_ns)
    for n in range(count):
        at_ns = first_ns + (end_ns - first_ns) * n // count
        values = (skus[-1 - n % len(skus)], 0, 1 + n % BELOW_ZERO_MAX)
        yield Draft(at_ns, Rank.TRANSFER, -1 - n, 2, PlannedTransfer, values)


def _corrections(config: WorldConfig, seeds: Seeds, demand: Demand) -> Iterator[Draft]:
    """Another writer: what staff or another app changes of SKUs that the subject writes too."""
    events = config.events
    for n, at_ns in enumerate(_instants(config, seeds, "corrections", events.corrections_per_s)):
        sku_draw, units_draw, *_ = seeds.draws("correction", n)
        values = (demand.popular(sku_draw), correction_delta(units_draw, events.correction_units))
        yield Draft(at_ns, Rank.CORRECTION, n, 1, PlannedRestock, values)


def _product_edits(config: WorldConfig, seeds: Seeds, demand: Demand) -> Iterator[Draft]:
    for n, at_ns in enumerate(_instants(config, seeds, "product edits", config.events.product_edits_per_s)):
        sku = demand.any_sku(seeds.draw("product edit", n))
        yield Draft(at_ns, Rank.PRODUCT_EDIT, n, 1, PlannedProductEdit, (sku,))


__all__ = ["expected_events", "make_plan", "plan_drafts", "with_event_rate"]


def make_plan(scenario: str, config: WorldConfig, seed: int) -> Plan:
    """The plan of one (scenario, seed), byte for byte, in memory. LimitError when it would hold too many items."""
    events = 0
    items: list[AnyPlanItem] = []
    for serial, draft in enumerate(plan_drafts(config, seed)):
        events += draft.events
        items.append(draft.item(serial))
    return Plan(scenario, seed, schedule.starts_ns(config.phases)[-1], events, tuple(items))


def _check_size(items: float) -> None:
    if items > limits.PLAN_MAX_ITEMS:
        raise LimitError(
            "the plan",
            f"{items:,.0f} items, where {limits.PLAN_MAX_ITEMS:,} is the limit",
            "lower the rates, shorten the phases, or split the load over several shops",
        )
