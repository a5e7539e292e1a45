"""From a configuration and a seed to a plan: `demand` says what buyers want, `purchases` what becomes of it,
`surroundings` everything else, and `rates` how many events that makes."""

from simulator import limits, schedule
from simulator.config import WorldConfig
from simulator.errors import LimitError
from simulator.plan import Plan
from simulator.planning.demand import Demand
from simulator.planning.drafts import numbered
from simulator.planning.purchases import purchase_drafts
from simulator.planning.rates import expected_events, expected_items_max, with_event_rate
from simulator.planning.surroundings import surrounding_drafts
from simulator.seeds import Seeds

__all__ = ["expected_events", "make_plan", "with_event_rate"]


def make_plan(scenario: str, config: WorldConfig, seed: int) -> Plan:
    """The plan of one (scenario, seed), byte for byte. LimitError when it would hold too many items."""
    _check_size(expected_items_max(config))
    seeds = Seeds(seed)
    demand = Demand(config, seeds)
    drafts = [*purchase_drafts(config, seeds, demand), *surrounding_drafts(config, seeds, demand)]
    _check_size(len(drafts))
    return Plan(
        scenario=scenario,
        seed=seed,
        duration_ns=schedule.starts_ns(config.phases)[-1],
        expected_events=sum(draft.events for draft in drafts),
        items=numbered(drafts),
    )


def _check_size(items: float) -> None:
    if items > limits.PLAN_MAX_ITEMS:
        raise LimitError(
            "the plan",
            f"{items:,.0f} items, where {limits.PLAN_MAX_ITEMS:,} is the limit",
            "lower the rates or shorten the phases, or split the load over several shops",
        )
