"""What happens beside the buyers: the shop's staff, attackers, faults, and the phases themselves."""

from collections.abc import Iterator

from simulator import schedule
from simulator.clock import SECOND_NS
from simulator.config import WorldConfig
from simulator.plan import PlannedFault, PlannedForgery, PlannedPhase, PlannedProductEdit, PlannedRestock
from simulator.planning.demand import Demand
from simulator.planning.drafts import Draft, Rank
from simulator.seeds import Seeds

FORGERY_KINDS = ("tampered", "unsigned", "wrong_key")


def surrounding_drafts(config: WorldConfig, seeds: Seeds, demand: Demand) -> Iterator[Draft]:
    """Everything but purchases and their follow-ups; each kind out of a stream and dice of its own."""
    yield from _restocks(config, seeds, demand)
    yield from _product_edits(config, seeds, demand)
    yield from _forgeries(config, seeds, demand)
    for n, fault in enumerate(config.faults):
        values = (fault.kind, round(fault.restart_after_s * SECOND_NS))
        yield Draft(round(fault.at_s * SECOND_NS), Rank.FAULT, n, 0, PlannedFault, values)
    for n, (start_ns, phase) in enumerate(zip(schedule.starts_ns(config.phases), config.phases, strict=False)):
        yield Draft(start_ns, Rank.PHASE, n, 0, PlannedPhase, (phase.name,))


def _instants(config: WorldConfig, seeds: Seeds, name: str, rate_per_s: float) -> list[int]:
    span_ns = schedule.starts_ns(config.phases)[-1]
    return schedule.poisson_ns(rate_per_s, span_ns, seeds.stream(name))


def _restocks(config: WorldConfig, seeds: Seeds, demand: Demand) -> Iterator[Draft]:
    events = config.events
    for n, at_ns in enumerate(_instants(config, seeds, "restocks", events.restocks_per_s)):
        sku = demand.restocked(seeds.die("restock", n), events.restock_hot)
        if sku is not None:
            yield Draft(at_ns, Rank.RESTOCK, n, 1, PlannedRestock, (sku, events.restock_units))


def _product_edits(config: WorldConfig, seeds: Seeds, demand: Demand) -> Iterator[Draft]:
    for n, at_ns in enumerate(_instants(config, seeds, "product edits", config.events.product_edits_per_s)):
        sku = demand.any_sku(seeds.die("product edit", n))
        yield Draft(at_ns, Rank.PRODUCT_EDIT, n, 1, PlannedProductEdit, (sku,))


def _forgeries(config: WorldConfig, seeds: Seeds, demand: Demand) -> Iterator[Draft]:
    for n, at_ns in enumerate(_instants(config, seeds, "forgeries", config.events.forgeries_per_s)):
        kind_die, sku_die, *_ = seeds.dice("forgery", n)
        kind = FORGERY_KINDS[int(kind_die * len(FORGERY_KINDS))]
        yield Draft(at_ns, Rank.FORGERY, n, 0, PlannedForgery, (kind, demand.any_sku(sku_die)))
