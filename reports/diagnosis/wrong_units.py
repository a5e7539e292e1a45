"""Writes that moved other units than the orders that they name, by what these orders have in common."""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.contrast import clusters
from stockstorm.reports.diagnosis.traits import TOPIC_OF, event_traits, said
from stockstorm.reports.history.misfits import Misfit
from stockstorm.reports.history.order_effects import Effect
from stockstorm.reports.result import Diagnosis, counted
from stockstorm.simulator.history import facts as f

CHECKS: Final = ("drift", "applied_twice", "nothing_lost", "unexplained_push", "event_classes", "oversell")


class WrongUnits(Diagnose):
    name = "wrong_units"
    at_rest = True
    after = ("forgeries", "twice_at_failure", "applied_twice", "lost_updates")

    def __call__(self, case: Case) -> Iterator[Found]:
        orders = case.history.orders
        if orders.net_only or not orders.misfits:
            return
        off = {id(effect) for misfit in orders.misfits for effect in misfit.effects}
        bad = _events(case, [effect for effect in orders.effects if id(effect) in off])
        good = _events(case, [effect for effect in orders.effects if effect.version >= 0 and id(effect) not in off])
        if not bad:
            return
        traits = event_traits(case)
        found = clusters([traits.of(one) for one in bad], [traits.of(one) for one in good])
        common = tuple(
            f"{one.bad} of {one.bad_of} are {said(one.traits)}; {one.good} of {one.good_of} right ones are"
            for one in found
        )
        rows = quoted(
            f"{misfit.row.sku} moved by {_delta(misfit)} where {_delta(misfit) - misfit.excess} would be right, at "
            f"{case.when(misfit.row.at_ns)}"
            for misfit in orders.misfits
        )
        which = f"; the orders are {said(found[0].traits)}" if found else ""
        hints = [trait.hint for one in found for trait in one.traits]
        yield Found(
            Diagnosis(
                self.name,
                f"{counted(len(orders.misfits), 'write')} moved other units than the orders that they name{which}",
                (*common, rows, "orders: " + quoted(case.named(event) for event in bad)),
                "; ".join(dict.fromkeys(hints)) or "look at the arithmetic of orders: lines, quantities, signs",
                case.consequences(*CHECKS),
                orders.misfits[0].row.at_ns,
            ),
            frozenset(f"event {event.event}" for event in bad),
        )


def _delta(misfit: Misfit) -> int:
    return misfit.row.delta if isinstance(misfit.row, f.StockChanged) else 0


def _events(case: Case, effects: list[Effect]) -> list[f.EventFired]:
    deliveries = case.history.deliveries
    numbers = dict.fromkeys(deliveries.order_event.get((one.order, TOPIC_OF[one.kind]), -1) for one in effects)
    return [deliveries.events[number] for number in numbers if number in deliveries.events]
