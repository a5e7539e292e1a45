"""The number of events that a configuration fires, calculated, and a configuration scaled to a rate of events."""

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import OrdersConfig, PhaseConfig, WorldConfig
from stockstorm.simulator.errors import ScenarioError
from stockstorm.simulator.model import ONLINE
from stockstorm.simulator.plan import schedule
from stockstorm.simulator.plan.demand import Demand
from stockstorm.simulator.plan.edits import EDIT_EVENTS, REMOVES, SWAPS
from stockstorm.simulator.plan.forgeries import forgery_count
from stockstorm.simulator.plan.kept import kept_drafts
from stockstorm.simulator.plan.poison import poison_count
from stockstorm.simulator.plan.purchases import (
    CANCELLATION_EVENTS,
    DRAFT_EVENTS,
    PAYMENT_EVENTS,
    REFUND_EVENTS,
    RETURN_EVENTS,
    events_a_line,
    return_share,
)
from stockstorm.simulator.plan.quotas import CANCELLED_AFTER_NS, Part, Roles
from stockstorm.simulator.seeds import Seeds

ConfigT = TypeVar("ConfigT", bound=WorldConfig)  # a scenario stays a scenario

TRANSFER_EVENTS = 2  # one for each of the two locations
ITEMS_PER_PURCHASE_MAX = 3  # itself, a payment, and a cancellation or a return


def expected_events(config: WorldConfig) -> float:
    """Mean number of shop and channel events of a run over all seeds, if every purchase is accepted."""
    return _purchase_events(config, config.phases) + _role_events(config) + _staff_events(config)


def expected_items_max(config: WorldConfig) -> float:
    """An upper bound of the mean number of items in a plan."""
    purchases = sum(schedule.arrival_count(phase) for phase in config.phases)
    events = config.events
    beside = (events.restocks_per_s + events.product_edits_per_s + events.transfers_per_s) * _seconds(config)
    beside += events.corrections_per_s * _seconds(config) + config.quotas.negative_level
    beside += forgery_count(config) + poison_count(config) + len(kept_drafts(config, Seeds(0)))
    role_items = len(Roles(config))  # the one that has a return and a cancellation has one more than others
    each = ITEMS_PER_PURCHASE_MAX + config.orders.edit_share
    return purchases * each + role_items + beside + len(config.phases) + len(config.faults)


def with_event_rate(config: ConfigT, events_per_s: float, seconds: float | None = None) -> ConfigT:
    """The same scenario with arrivals scaled to this rate of events, and stretched to `seconds` of load if given.

    Staff events keep their rate, and phases their proportions. Burst sizes are rounded to whole numbers, and the other
    phases make up for the difference. Raises ScenarioError if no scaling gives the rate.
    """
    where = f"an event rate of {events_per_s:g}/s"
    stretch = 1.0 if seconds is None else seconds / _seconds(config)
    stretched = [_scaled(phase, stretch, 1.0) for phase in config.phases]
    config = config.model_copy(update={"phases": tuple(stretched)})
    wanted = events_per_s * _seconds(config) - _staff_events(config) - _role_events(config)
    present = _purchase_events(config, config.phases)
    if wanted <= 0:
        remedy = "choose a higher rate, or lower restocks_per_s and product_edits_per_s under [events]"
        raise ScenarioError(where, "restocks and product edits alone fire more events than that", remedy)
    if present <= 0:
        raise ScenarioError(where, "no phase has purchases, so there is nothing to scale", "give a phase a rate")
    bursts = tuple(_scaled(phase, 1.0, wanted / present) for phase in config.phases)
    flowing = sum(_purchase_events(config, (_without_bursts(phase),)) for phase in bursts)
    lumps = _purchase_events(config, bursts) - flowing
    refine = max(0.0, (wanted - lumps) / flowing) if flowing > 0 else 1.0
    return _validated(config, [_scaled(phase, 1.0, refine, burst_size=phase.burst_size) for phase in bursts], where)


def _validated(config: ConfigT, phases: Sequence[PhaseConfig], where: str) -> ConfigT:
    """The config with these phases, validated once at the end, because `model_copy` does not validate."""
    dump: dict[str, Any] = config.model_dump()
    dump["phases"] = [phase.model_dump() for phase in phases]
    try:
        return type(config).model_validate(dump)
    except ValidationError as error:
        found = "; ".join(_beyond(found) for found in error.errors())
        remedy = "choose a lower rate (--rate) or a shorter load (--seconds)"
        raise ScenarioError(where, found, remedy) from error


def _beyond(error: ErrorDetails) -> str:
    """A bound that scaling exceeded, e.g. `phases.0.rate would be 123,456, and 100,000 is the limit`."""
    key, limit = ".".join(map(str, error["loc"])), error.get("ctx", {}).get("le")
    if limit is None:
        return f"{key}: {error['msg']}"
    return f"{key} would be {error['input']:,.12g}, and {limit:,.12g} is the limit"


def _scaled(phase: PhaseConfig, stretch: float, factor: float, burst_size: int | None = None) -> PhaseConfig:
    """A phase `stretch` times as long with `factor` times the rate of arrivals, bursts included if no size is given."""
    if phase.kind != "burst":
        burst_size = phase.burst_size  # it is not used there, and must not exceed its bound
    return phase.model_copy(
        update={
            "seconds": phase.seconds * stretch,
            "rate": phase.rate * factor,
            "rate_to": None if phase.rate_to is None else phase.rate_to * factor,
            "burst_size": max(1, round(phase.burst_size * factor * stretch)) if burst_size is None else burst_size,
        },
    )


def _without_bursts(phase: PhaseConfig) -> PhaseConfig:
    return phase.model_copy(update={"kind": "poisson"}) if phase.kind == "burst" else phase


def _seconds(config: WorldConfig) -> float:
    return schedule.starts_ns(config.phases)[-1] / SECOND_NS


def _staff_events(config: WorldConfig) -> float:
    demand = Demand(config, Seeds(0))
    can_restock = demand.restocked(0.0, config.events.restock_hot) is not None
    restocks = config.events.restocks_per_s if can_restock else 0.0
    kept = sum(draft.events for draft in kept_drafts(config, Seeds(0)))
    staff = restocks + config.events.product_edits_per_s + TRANSFER_EVENTS * config.events.transfers_per_s
    staff += config.events.corrections_per_s
    if config.shop.unlisted:  # one of them is touched too
        staff += restocks + config.events.product_edits_per_s + config.events.corrections_per_s
    return staff * _seconds(config) + kept + TRANSFER_EVENTS * config.quotas.negative_level


def _role_events(config: WorldConfig) -> float:
    """How many more events orders fire because some have a role. Negative where they fire fewer."""
    purchases = sum(schedule.arrival_count(phase) for phase in config.phases)
    if not purchases:
        return 0.0
    mean = _purchase_events(config, config.phases) / purchases
    return sum(_events_of(config, part) - mean for part in Roles(config))


def _events_of(config: WorldConfig, part: Part) -> float:
    """Mean number of events of an order with this role. It has one SKU, or two where a part of it comes back."""
    own = part.channel == ONLINE
    if part.role == "two_returns":
        return 1.0 + events_a_line(config) + PAYMENT_EVENTS + 2 * (RETURN_EVENTS + 1) if own else 3.0
    if part.role not in CANCELLED_AFTER_NS:
        events = _own_store_events(config, 1) if own else _marketplace_events(config)
        return events + (part.role == "corrected")
    if part.role == "undone":
        events = 2.0 + PAYMENT_EVENTS + 2 * (RETURN_EVENTS + 1) + CANCELLATION_EVENTS + 1 + REFUND_EVENTS
        return events if own else 4.0
    returned = part.role == "return_then_cancel"
    if not own:
        return 2.0 + returned
    skus = 1 + (returned and config.orders.lines_max > 1 and config.shop.skus > 1)
    refunds = REFUND_EVENTS if skus > returned else 0
    placed = 1 + events_a_line(config) * skus
    return placed + PAYMENT_EVENTS + CANCELLATION_EVENTS + skus + refunds + returned * RETURN_EVENTS


def _purchase_events(config: WorldConfig, phases: Sequence[PhaseConfig]) -> float:
    demand = Demand(config, Seeds(0))
    return sum(
        schedule.arrival_count(phase) * _events_per_purchase(config, _mean_lines(phase, demand)) for phase in phases
    )


def _mean_lines(phase: PhaseConfig, demand: Demand) -> float:
    """The number of lines is uniform from 1 to a bound that depends on whether the buyer wants a hot SKU."""
    if not demand.hot or not demand.ordinary:
        return (1 + demand.lines_max(bool(demand.hot))) / 2
    hot, ordinary = (1 + demand.lines_max(True)) / 2, (1 + demand.lines_max(False)) / 2
    return phase.hot_share * hot + (1 - phase.hot_share) * ordinary


def _events_per_purchase(config: WorldConfig, lines: float) -> float:
    total_share = sum(channel.share for channel in config.channels)
    online = sum(channel.share for channel in config.channels if channel.name == ONLINE) / total_share
    return online * _own_store_events(config, lines) + (1 - online) * _marketplace_events(config)


def _own_store_events(config: WorldConfig, lines: float) -> float:
    orders = config.orders
    # A payment is planned if it comes before the cancellation. Both delays are exponential.
    both = orders.paid_after_s + orders.cancel_after_s
    paid_first = orders.cancel_after_s / both if both > 0 else 1.0
    payments = PAYMENT_EVENTS * (1 - orders.cancel_share * (1 - paid_first))
    cancellations = orders.cancel_share * (CANCELLATION_EVENTS + lines + paid_first * REFUND_EVENTS)
    refunds = return_share(orders) * (RETURN_EVENTS + orders.restock_share * (lines + 1) / 2)
    drafts = DRAFT_EVENTS * min(orders.draft_share, 1 - orders.pos_share)
    placed = 1 + events_a_line(config) * lines
    return placed + payments + cancellations + refunds + drafts + _edit_events(orders, lines)


def _edit_events(orders: OrdersConfig, lines: float) -> float:
    """Mean number of events of an order of the own store because of edits. `lines`: mean number of its lines."""
    before = orders.paid_after_s + orders.edit_after_s
    cancelled_first = before / (before + orders.cancel_after_s) if before > 0 else 0.0
    edited = orders.edit_share * (1 - return_share(orders)) * (1 - orders.cancel_share * cancelled_first)
    one_unit = 1 / (max(1.0, 2 * lines - 1) * orders.quantity_max)  # of which nothing can be taken out
    removes, adds = (1 - SWAPS + REMOVES) * (1 - one_unit), 1 - REMOVES
    return edited * (EDIT_EVENTS * (1 - REMOVES * one_unit) + (REFUND_EVENTS + 1) * removes + adds)


def _marketplace_events(config: WorldConfig) -> float:
    return 1 + config.orders.cancel_share + return_share(config.orders)
