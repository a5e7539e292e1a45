"""Edits of orders of the own store: staff takes units out of a paid order, adds a line, or does both.

Only scenarios with `orders.edit_share` have any, and their draws are their own, so no other plan knows of them.
"""

from typing import Final

import msgspec

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import OrdersConfig
from stockstorm.simulator.model import OrderKey, Sku
from stockstorm.simulator.plan.demand import Demand
from stockstorm.simulator.plan.drafts import Draft, Rank, delay_s
from stockstorm.simulator.plan.items import PlannedCancellation, PlannedOrderEdit, PlannedPayment, PlannedReturn
from stockstorm.simulator.seeds import Seeds

Lines = tuple[tuple[Sku, int], ...]
EDIT_EVENTS: Final = 2  # orders/edited and orders/updated; besides one for each SKU, and a refund of what is taken out
REMOVES: Final = 0.35  # below it an edit takes out, above it an edit adds, and from SWAPS on it does both
SWAPS: Final = 0.7


class Bought(msgspec.Struct, frozen=True):
    """A purchase whose follow-ups are to be planned."""

    key: OrderKey
    offset_ns: int
    online: bool
    lines: Lines


def with_edit(
    fate: list[Draft], bought: Bought, orders: OrdersConfig, seeds: Seeds, demand: Demand, end_ns: int
) -> list[Draft]:
    """The follow-ups of a purchase, and an edit for a share of those of the own store.

    An edit comes after the payment and within the load. It is left out where the order is returned, or cancelled first.
    """
    if not orders.edit_share or not bought.online:
        return fate
    share_draw, delay_draw, *draws = seeds.draws("edit", bought.key)
    paid_ns = next((draft.offset_ns for draft in fate if draft.make is PlannedPayment), None)
    if share_draw >= orders.edit_share or paid_ns is None or any(draft.make is PlannedReturn for draft in fate):
        return fate
    delay_ns, left_ns = int(delay_s(orders.edit_after_s, delay_draw) * SECOND_NS), end_ns - paid_ns
    at_ns = paid_ns + (delay_ns % left_ns if left_ns > 0 else 0)
    if any(draft.make is PlannedCancellation and draft.offset_ns <= at_ns for draft in fate):
        return fate
    removed, added = _change(bought.lines, orders, demand, draws)
    if not removed and not added:
        return fate
    events = EDIT_EVENTS + bool(removed) + len(removed) + len(added)
    values = (bought.key, removed, added)
    left = len(set(_left(bought.lines, removed, added))) - len(bought.lines)
    later = [
        draft._replace(events=draft.events + left) if draft.make is PlannedCancellation else draft for draft in fate
    ]
    return [*later, Draft(at_ns, Rank.ORDER_EDIT, bought.key, events, PlannedOrderEdit, values)]


def _change(lines: Lines, orders: OrdersConfig, demand: Demand, draws: list[float]) -> tuple[Lines, Lines]:
    """What is taken out, and what is added. An order keeps at least one unit of what was bought."""
    kind_draw, line_draw, sku_draw, units_draw, *_ = draws
    sku, units = lines[int(line_draw * len(lines))]
    most = units if len(lines) > 1 else units - 1
    removed: Lines = ((sku, 1 + int(units_draw * most)),) if most and not REMOVES <= kind_draw < SWAPS else ()
    other = demand.popular(sku_draw)
    adds = kind_draw >= REMOVES and all(other != bought for bought, _ in lines)
    return removed, ((other, 1 + int(units_draw * orders.quantity_max)),) if adds else ()


def _left(lines: Lines, removed: Lines, added: Lines) -> list[Sku]:
    """The SKUs of an order after the edit."""
    gone = dict(removed)
    return [*[sku for sku, units in lines if units > gone.get(sku, 0)], *[sku for sku, _ in added]]
