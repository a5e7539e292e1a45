"""Lost units: what an ideal subject without latency would have sold on this plan, less what was validly sold.

The ideal replays the purchases of the history against physical stock that every channel sees at once, without safety
stock. The history does not hold the returns of refused orders, so they are left out. That can only make the ideal
smaller. What a marketplace turned away because it was down, or because it shows a push late, the ideal does not sell
either: no latency of a subject would have changed that.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.evidence.turned_away import beyond_reach
from stockstorm.reports.history import History
from stockstorm.reports.history.log import kind_of
from stockstorm.reports.result import Check, units, unknown
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import SHELF_CAUSES

Purchase = f.PurchaseAccepted | f.PurchaseRefused
Lines = Purchase | f.OrderCancelled | f.OrderReturned


class _Ideal(msgspec.Struct):
    """A shop whose every channel shows physical stock."""

    stock: dict[str, int]
    prices: dict[str, int]
    excused: frozenset[int]  # orders that a marketplace turned away by its own doing
    open: dict[int, Purchase]  # accepted orders that were not cancelled
    units: int = 0
    value_minor: int = 0

    def buy(self, order: Purchase) -> None:
        stock, skus, quantities = self.stock, order.skus, order.quantities
        if self.excused and order.order in self.excused:
            return
        if stock.get(skus[0], 0) < quantities[0]:
            return  # the first line decides nearly every order
        lines = list(zip(skus, quantities, strict=True))
        if len(lines) > 1 and any(stock.get(sku, 0) < quantity for sku, quantity in lines):
            return
        self.open[order.order] = order
        for sku, quantity in lines:
            stock[sku] -= quantity
            self.units += quantity
            self.value_minor += quantity * self.prices.get(sku, 0)

    def cancel(self, gone: f.OrderCancelled) -> None:
        if self.open.pop(gone.order, None) is not None:
            self._give_back(gone)

    def take_back(self, back: f.OrderReturned) -> None:
        if back.restocked and back.order in self.open:
            self._give_back(back)

    def cancel_refused(self, void: f.FollowUpVoid) -> None:
        """The cancellation of an order that only the ideal accepted."""
        if void.follow_up == "cancellation" and (bought := self.open.pop(void.order, None)) is not None:
            self._give_back(bought)

    def change(self, change: f.StockChanged) -> None:
        if change.cause in SHELF_CAUSES:
            self.stock[change.sku] = self.stock.get(change.sku, 0) + change.delta

    def _give_back(self, lines: Lines) -> None:
        for sku, quantity in zip(lines.skus, lines.quantities, strict=True):
            self.stock[sku] = self.stock.get(sku, 0) + quantity


class LostUnits(Checker):
    name = "lost_units"
    measures = (
        Measure(
            "lost_units.units",
            "lost units",
            "units",
            "units that a subject without latency would have sold, less those validly sold",
            headline=True,
        ),
        Measure("lost_units.value", "value of lost units", "money", "worth of the lost units, in currency units"),
        Measure(
            "lost_units.ideal",
            "units sold without latency",
            "units",
            "units that a subject without latency would have sold",
            more_is_worse=None,
        ),
        Measure(
            "lost_units.validly_sold",
            "units validly sold",
            "units",
            "units sold that were on the shelf",
            more_is_worse=False,
        ),
    )

    def exposure(self, history: History) -> dict[str, int]:
        return {"purchases tried": history.count(f.PurchaseAccepted) + history.count(f.PurchaseRefused)}

    def __call__(self, history: History) -> Check:
        purchases = [*history.all(f.PurchaseAccepted), *history.all(f.PurchaseRefused)]
        if not purchases:
            return unknown(self.name, "nobody tried to buy anything")
        if not history.items:
            return unknown(self.name, "the history does not say what was stocked")
        ideal = _replay(history)
        sold, value_minor = _validly_sold(history)
        lost, worth = max(0, ideal.units - sold), max(0, ideal.value_minor - value_minor)
        measures = {
            "lost_units.units": float(lost),
            "lost_units.value": worth / 100 if lost else 0.0,
            "lost_units.ideal": float(ideal.units),
            "lost_units.validly_sold": float(sold),
        }
        reason = f"{units(sold)} validly sold where a subject without latency sells {ideal.units:,}"
        return Check(self.name, "measured", reason, measures)


def _prices(history: History) -> dict[str, int]:
    return {sku: item.price_minor for sku, item in history.items.items()}


def _replay(history: History) -> _Ideal:
    ideal = _Ideal(
        {sku: item.available for sku, item in history.items.items()}, _prices(history), beyond_reach(history), {}
    )
    acts: dict[type[f.Fact], Callable[[Any], None]] = {
        f.PurchaseAccepted: ideal.buy,
        f.PurchaseRefused: ideal.buy,
        f.OrderCancelled: ideal.cancel,
        f.OrderReturned: ideal.take_back,
        f.FollowUpVoid: ideal.cancel_refused,
        f.StockChanged: ideal.change,
    }
    for fact in history.together(*acts):
        if (act := acts.get(type(fact))) is None:
            act = acts[type(fact)] = acts[kind_of(type(fact))]
        act(fact)
    return ideal


def _validly_sold(history: History) -> tuple[int, int]:
    sold = value_minor = 0
    prices = _prices(history)
    for sale in history.all(f.PurchaseAccepted):
        for sku, quantity, before in zip(sale.skus, sale.quantities, sale.physical_before, strict=True):
            there = min(quantity, max(0, before))
            sold += there
            value_minor += there * prices.get(sku, 0)
    return sold, value_minor
