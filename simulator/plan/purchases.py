"""Purchases and their follow-ups: payment, cancellation or return, by random numbers keyed on the order.

A follow-up after the end of load is moved back into the load. Every purchase thus has all its follow-ups within it, and
the rate of events holds to its end.
"""

from collections.abc import Iterator
from typing import Final

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import OrderRole, OrdersConfig, WorldConfig
from stockstorm.simulator.model import ONLINE, OrderKey
from stockstorm.simulator.plan import schedule
from stockstorm.simulator.plan.demand import Demand
from stockstorm.simulator.plan.drafts import Draft, Rank, delay_s, in_order
from stockstorm.simulator.plan.edits import Bought, with_edit
from stockstorm.simulator.plan.items import (
    PlannedCancellation,
    PlannedPayment,
    PlannedPurchase,
    PlannedRestock,
    PlannedReturn,
)
from stockstorm.simulator.plan.quotas import (
    CANCELLED_AFTER_NS,
    CORRECTED_AFTER_NS,
    PAID_AFTER_NS,
    RETURNED_AFTER_NS,
    RETURNED_AGAIN_AFTER_NS,
    Roles,
)
from stockstorm.simulator.plan.variety import variety
from stockstorm.simulator.seeds import Seeds

# Events of the own store besides one per line that changed stock. A marketplace fires one each, and none for payments.
PAYMENT_EVENTS = 2
CANCELLATION_EVENTS = 2
DRAFT_EVENTS = 2  # of an order that staff makes of a draft, besides those of any order
REFUND_EVENTS = 1  # of a cancellation after the payment
RETURN_EVENTS = 2
OF_ORDERS: Final = 1_000_000_000  # corrections of an order's SKU are numbered from here, above those by rate


def events_a_line(config: WorldConfig) -> int:
    """Of an order of the own store when it is placed: its stock, and its product where that is told."""
    return 2 if config.events.products_told_when_ordered else 1


def purchase_drafts(config: WorldConfig, seeds: Seeds, demand: Demand) -> Iterator[Draft]:
    """All purchases and their follow-ups, sorted. Keys count arrivals over all phases."""
    return in_order(_purchases(config, seeds, demand))


def _purchases(config: WorldConfig, seeds: Seeds, demand: Demand) -> Iterator[list[Draft]]:
    """Each purchase with its follow-ups."""
    starts, roles, told = schedule.starts_ns(config.phases), Roles(config), events_a_line(config)
    key = 0
    for n, phase in enumerate(config.phases):
        for arrival_ns in schedule.arrivals_ns(phase, seeds.stream(f"arrivals {n}")):
            part = roles.of(key)
            channel, buyer, lines = (
                demand.purchase(key, phase.hot_share) if part is None else demand.role_purchase(key, part)
            )
            bought = Bought(OrderKey(key), starts[n] + arrival_ns, channel == ONLINE, lines)
            unusual = variety(bought.key, config.orders, seeds) if bought.online else ()
            values = (bought.key, channel, buyer, lines, *unusual)
            events = 1 + told * len(dict(lines)) if bought.online else 1
            events += DRAFT_EVENTS if "draft" in unusual else 0
            purchase = Draft(bought.offset_ns, Rank.PURCHASE, key, events, PlannedPurchase, values)
            if part is not None and part.role == "two_returns":
                yield [purchase, *_returned_twice(bought, starts[-1])]
            elif part is not None and part.role in CANCELLED_AFTER_NS:
                yield [purchase, *_role_fate(bought, part.role, starts[-1])]
            else:
                corrected = part is not None and part.role == "corrected"
                correction = [_correction(bought, config, seeds, starts[-1])] if corrected else []
                fate = list(_fate(bought, config.orders, seeds, starts[-1]))
                fate = fate if part else with_edit(fate, bought, config.orders, seeds, demand, starts[-1])
                yield [purchase, *correction, *fate]
            key += 1


def _correction(bought: Bought, config: WorldConfig, seeds: Seeds, end_ns: int) -> Draft:
    """Staff corrects the stock of the order's SKU while a subject may be writing the order."""
    lag_draw, units_draw, *_ = seeds.draws("corrected", bought.key)
    at_ns = min(bought.offset_ns + 1 + int(lag_draw * CORRECTED_AFTER_NS), end_ns - 1)
    values = (bought.lines[0][0], correction_delta(units_draw, config.events.correction_units))
    return Draft(at_ns, Rank.CORRECTION, OF_ORDERS + bought.key, 1, PlannedRestock, values)


def correction_delta(draw: float, units_max: int) -> int:
    """Units more or fewer, each as often as the other, and never none. `draw` is a number in [0, 1)."""
    units = int(draw * 2 * units_max)
    return units - units_max if units < units_max else units - units_max + 1


def return_share(orders: OrdersConfig) -> float:
    """Share of purchases that are returned. None is both cancelled and returned; cancellation has priority."""
    return min(orders.return_share, 1 - orders.cancel_share)


def _fate(bought: Bought, orders: OrdersConfig, seeds: Seeds, end_ns: int) -> Iterator[Draft]:
    fate_draw, pay_draw, cancel_draw, return_draw, *return_draws = seeds.draws("fate", bought.key)
    paid_ns = _later(bought.offset_ns, orders.paid_after_s, pay_draw, end_ns)
    cancelled_ns: int | None = None
    if fate_draw < orders.cancel_share:
        cancelled_ns = _later(bought.offset_ns, orders.cancel_after_s, cancel_draw, end_ns)
        yield _cancellation(bought, cancelled_ns, len(dict(bought.lines)), refunds=paid_ns <= cancelled_ns)
    elif fate_draw >= 1 - return_share(orders):
        # Nothing can be refunded on the own store before it was paid.
        from_ns = paid_ns if bought.online else bought.offset_ns
        returned_ns = _later(from_ns, orders.return_after_s, return_draw, end_ns)
        yield _return(bought, returned_ns, orders.restock_share, return_draws)
    if bought.online and (cancelled_ns is None or paid_ns <= cancelled_ns):
        yield Draft(paid_ns, Rank.PAYMENT, bought.key, PAYMENT_EVENTS, PlannedPayment, (bought.key,))


def _role_fate(bought: Bought, role: OrderRole, end_ns: int) -> Iterator[Draft]:
    """The follow-ups of an order whose role is a cancellation: at fixed times, and not after the end of load."""

    def after(delay_ns: int) -> int:
        return min(bought.offset_ns + delay_ns, end_ns - 1)

    back = 0
    if role == "undone":
        yield from _returns_of_a_unit(bought, end_ns)
    if role == "return_then_cancel":
        back = 1
        events = RETURN_EVENTS + 1 if bought.online else 1
        values = (bought.key, bought.lines[:1], True)
        yield Draft(after(RETURNED_AFTER_NS), Rank.RETURN, bought.key, events, PlannedReturn, values)
    cancelled_ns = after(CANCELLED_AFTER_NS[role])
    # At the end of load both are due at the same instant, and a cancellation would come before a return.
    skus = len(bought.lines) - back
    yield _cancellation(bought, cancelled_ns, skus, Rank.LATE_CANCELLATION, refunds=skus > 0)
    if bought.online:
        paid_ns = min(after(PAID_AFTER_NS), end_ns - 3)  # before what comes back
        yield Draft(paid_ns, Rank.PAYMENT, bought.key, PAYMENT_EVENTS, PlannedPayment, (bought.key,))


def _returned_twice(bought: Bought, end_ns: int) -> Iterator[Draft]:
    """The payment, and two returns of a unit each."""
    yield from _returns_of_a_unit(bought, end_ns)
    if bought.online:
        paid_ns = min(bought.offset_ns + PAID_AFTER_NS, end_ns - 3)
        yield Draft(paid_ns, Rank.PAYMENT, bought.key, PAYMENT_EVENTS, PlannedPayment, (bought.key,))


def _returns_of_a_unit(bought: Bought, end_ns: int) -> Iterator[Draft]:
    sku, _ = bought.lines[0]
    first_ns = min(bought.offset_ns + RETURNED_AFTER_NS, end_ns - 2)
    again_ns = min(bought.offset_ns + RETURNED_AGAIN_AFTER_NS, end_ns - 1)
    events = RETURN_EVENTS + 1 if bought.online else 1
    for at_ns in (first_ns, again_ns):
        values = (bought.key, ((sku, 1),), True)
        yield Draft(at_ns, Rank.RETURN, bought.key, events, PlannedReturn, values)


def _cancellation(
    bought: Bought, at_ns: int, skus: int, rank: Rank = Rank.CANCELLATION, *, refunds: bool = False
) -> Draft:
    events = CANCELLATION_EVENTS + skus + refunds * REFUND_EVENTS if bought.online else 1
    return Draft(at_ns, rank, bought.key, events, PlannedCancellation, (bought.key,))


def _return(bought: Bought, at_ns: int, restock_share: float, draws: list[float]) -> Draft:
    count_draw, first_draw, quantity_draw, restock_draw = draws
    count, first = 1 + int(count_draw * len(bought.lines)), int(first_draw * len(bought.lines))
    chosen = sorted((first + n) % len(bought.lines) for n in range(count))
    lines = tuple((sku, 1 + int(quantity_draw * quantity)) for sku, quantity in (bought.lines[n] for n in chosen))
    restock = restock_draw < restock_share
    events = (RETURN_EVENTS + len(dict(lines)) * restock) if bought.online else 1
    return Draft(at_ns, Rank.RETURN, bought.key, events, PlannedReturn, (bought.key, lines, restock))


def _later(from_ns: int, mean_s: float, draw: float, end_ns: int) -> int:
    """A time within the load after an exponential delay, taken modulo the time that is left."""
    delay_ns, left_ns = int(delay_s(mean_s, draw) * SECOND_NS), end_ns - from_ns
    return from_ns + (delay_ns % left_ns if left_ns > 0 else 0)
