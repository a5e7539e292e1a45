"""Writes that moved other units than the orders that they name, by what these orders have in common."""

import math
from collections.abc import Iterable, Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.contrast import clusters, fit
from stockstorm.reports.diagnosis.event_traits import event_traits
from stockstorm.reports.diagnosis.traits import TOPIC_OF, said
from stockstorm.reports.diagnosis.unit_groups import Group, of_the_store
from stockstorm.reports.history.channel_orders import order_named, tokens
from stockstorm.reports.history.misfits import Misfit
from stockstorm.reports.result import Diagnosis, counted, verb
from stockstorm.simulator.history import facts as f

CHANCE_MAX: Final = math.log(1e-4)  # that the units of the own store's orders fit so many SKUs
SEVERAL_MIN: Final = 3  # writes that name several orders of the SKU
SEVERAL_SHARE_MIN: Final = 0.8  # of the writes that are wrong
ADD_UP: Final = "add up the units of all orders of a SKU in one write: look for `=` where `+=` is meant"
NEARLY: Final = 0.5  # of the SKUs that either says something of
CHECKS: Final = ("drift", "applied_twice", "nothing_lost", "unexplained_push", "event_classes", "oversell")


class WrongUnits(Diagnose):
    name = "wrong_units"
    checks = CHECKS
    at_rest = True
    after = ("forgeries", "twice_at_failure", "applied_twice", "lost_updates", "order_arithmetic")

    def __call__(self, case: Case) -> Iterator[Found]:
        orders = case.history.orders
        if orders.net_only or not orders.misfits:
            return
        changes = {key for misfit in orders.misfits for key in (_changes(misfit) or _named(case, misfit))}
        written = {(one.order, one.kind) for one in orders.effects if one.version >= 0}
        bad, good = _events(case, sorted(changes)), _events(case, sorted(written - changes))
        traits = event_traits(case)
        found = clusters([traits.of(one) for one in bad], [traits.of(one) for one in good])
        common = tuple(
            f"{one.bad} of {one.bad_of} {verb(one.bad, 'are')} {said(one.traits)}; "
            f"{one.good} of {one.good_of} right ones {verb(one.good, 'are')}"
            for one in found
        )
        rows = quoted(
            f"{misfit.row.sku} moved by {_delta(misfit)} where {_delta(misfit) - misfit.excess} would be right, at "
            f"{case.when(misfit.row.at_ns)}"
            for misfit in orders.misfits
        )
        which = f"; the events are {said(found[0].traits)}" if found else ""
        hints = [trait.hint for one in found for trait in one.traits]
        if (one := _one_counts(case)) is not None:
            which, hints = one, [ADD_UP]
        if (store := _of_store(case)) is not None:
            which = f": {store.name} are in it too, although they should not be"
            hints = [store.hint]
        yield Found(
            Diagnosis(
                self.name,
                f"{counted(len(orders.misfits), 'write')} moved other units than the orders that they name{which}",
                (*common, rows, *(f"for example {case.named(event)}" for event in bad[:2])),
                "; ".join(dict.fromkeys(hints)) or "look at the arithmetic of orders: lines, quantities, signs",
                case.consequences(*CHECKS),
                orders.misfits[0].row.at_ns,
            ),
            frozenset(f"event {event.event}" for event in bad),
        )


def _one_counts(case: Case) -> str | None:
    """That of several orders that a write names for one SKU a single one counts, as the end of a cause."""
    orders, first, last, several = case.history.orders, 0, 0, 0
    for misfit in orders.misfits:
        named = (
            sum(one.delta for one in orders.by_token.get(token, ()) if one.sku == misfit.row.sku)
            for token in tokens(misfit.row.reference)
        )
        moved = [units for units in named if units]
        if len(moved) > 1:
            several += 1
            first += _delta(misfit) == moved[0]
            last += _delta(misfit) == moved[-1]
    if several < SEVERAL_MIN or max(first, last) < SEVERAL_SHARE_MIN * len(orders.misfits):
        return None
    which = "the last" if last >= first else "the first"
    return f": of several orders of a SKU in one write, only {which} one counts, in {max(first, last)} of them"


def _of_store(case: Case) -> Group | None:
    """What needs no write, such as the orders of the own store, where the master is wrong by its units."""
    wrong = case.differences
    fits: list[tuple[float, int, Group]] = []
    for place, group in enumerate(of_the_store(case)):
        hits, chance = fit(wrong, group.by_sku, len(case.history.items))
        if hits >= NEARLY * max(len(wrong), len(group.by_sku)) and chance <= CHANCE_MAX:
            fits.append((chance, place, group))
    return min(fits, key=lambda one: one[:2])[2] if fits else None


def _delta(misfit: Misfit) -> int:
    return misfit.row.delta if isinstance(misfit.row, f.StockChanged) else 0


def _changes(misfit: Misfit) -> set[tuple[int, str]]:
    """(order, kind) of the changes whose units the row should have moved."""
    return {(effect.order, effect.kind) for effect in misfit.effects}


def _named(case: Case, misfit: Misfit) -> set[tuple[int, str]]:
    """(order, kind) of the changes that the row names and that should not have moved its SKU at all."""
    placed = {f"{sale.channel}:{sale.ref}": sale for sale in case.history.all(f.PurchaseAccepted)}
    found: set[tuple[int, str]] = set()
    for token in tokens(misfit.row.reference):
        sale = placed.get(order_named(token))
        kind = "cancelled" if token.endswith(":cancelled") else "returned" if ":returned:" in token else "sale"
        if sale is None or misfit.row.sku not in sale.skus:
            continue
        if not any(effect.sku == misfit.row.sku for effect in case.history.orders.of_order(sale.order, kind)):
            found.add((sale.order, kind))
    return found


def _events(case: Case, changes: Iterable[tuple[int, str]]) -> list[f.EventFired]:
    deliveries = case.history.deliveries
    numbers = [deliveries.order_event.get((order, TOPIC_OF[kind]), -1) for order, kind in changes]
    return [deliveries.events[number] for number in numbers if number in deliveries.events]
