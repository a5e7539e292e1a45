"""Orders that the subject's own references prove to be applied more than once.

A row that moved other units than the orders that it is the first to name is a *misfit*. It proves that an order was
applied again when the units of that order, and of no other one that the row names, explain the difference. A misfit
that is a lost update proves nothing of orders, and neither does a set without comparison, which may have erased what
nobody knows, unless it names an order again. The total of the SKU confirms it, because a later row may have put it
right.
"""

from collections.abc import Collection

import msgspec

from stockstorm.reports.history.channel_orders import ChannelOrders
from stockstorm.reports.history.misfits import Misfit, subsets_with_sum
from stockstorm.reports.history.order_effects import Effect, Row, is_blind_set


class Doubled(msgspec.Struct, frozen=True):
    """An effect that a row applied again."""

    effect: Effect
    row: Row


class Unattributed(msgspec.Struct, frozen=True):
    """A row that moved other units than the orders that it names. `choices`: sets of effects that could explain it."""

    misfit: Misfit
    choices: tuple[tuple[Effect, ...], ...]


class Doublings(msgspec.Struct):
    """What the references prove, by (order, kind); and rows whose difference cannot be tied to one order.

    `by_order` holds the first effect of each, `every` all of them: an order may hold several SKUs.
    """

    by_order: dict[tuple[int, str], Doubled]
    unattributed: list[Unattributed]
    every: list[Doubled] = []


def find_doublings(orders: ChannelOrders, misfit_skus: Collection[str], lost_updates: Collection[int]) -> Doublings:
    """Doubled orders in order of time. `lost_updates`: sequence numbers of the rows that are lost updates."""
    found = Doublings({}, [])
    for misfit in orders.misfits:
        if misfit.row.sku not in misfit_skus or misfit.seq in lost_updates:
            continue
        choices: tuple[tuple[Effect, ...], ...] = ()
        if misfit.repeated or not (is_blind_set(misfit.row) or _gives_back_whole_orders(orders, misfit)):
            choices = explanations(misfit) or explanations_by_order(orders, misfit)
        if len(choices) == 1:
            for effect in choices[0]:
                found.every.append(Doubled(effect, misfit.row))
                found.by_order.setdefault((effect.order, effect.kind), found.every[-1])
        else:
            found.unattributed.append(Unattributed(misfit, choices))
    return found


def explanations(misfit: Misfit) -> tuple[tuple[Effect, ...], ...]:
    """The sets of effects that, applied once more, explain the difference. A row that names orders again did so itself.

    Empty if none does, for example because the row moved too little, or if an order that the row names and left out
    explains it as well.
    """
    again = misfit.repeated
    if again and sum(effect.delta for effect in again) == misfit.excess:
        return (tuple(again),)
    if found := tuple(subsets_with_sum(again, misfit.excess)):
        return found
    if any(subsets_with_sum(misfit.effects, -misfit.excess)):
        return ()  # the row may as well have left out what it names
    return tuple(subsets_with_sum([*again, *misfit.effects], misfit.excess))


def explanations_by_order(orders: ChannelOrders, misfit: Misfit) -> tuple[tuple[Effect, ...], ...]:
    """The same among what other rows wrote of the orders that it names.

    So a cancellation that gave back the units of a return, which a row of its own gave back too, applied the return
    twice. A row that moved too little applied nothing twice.
    """
    if any(effect.delta * misfit.excess < 0 for effect in (*misfit.effects, *misfit.repeated)):
        return ()
    named = orders.orders_in(misfit.row.reference)
    placed = [sales[0].order for name in named if (sales := orders.by_token.get(name))]
    written = [
        effect
        for order in placed
        for effect in orders.by_order[order]
        if effect.sku == misfit.row.sku and effect.version >= 0 and effect.version_seq != misfit.seq
    ]
    return tuple(subsets_with_sum(written, misfit.excess))


def _gives_back_whole_orders(orders: ChannelOrders, misfit: Misfit) -> bool:
    """Whether the row moved what is left of the orders too whose returns it names: not twice, but more of each."""
    backs = [effect for effect in misfit.effects if effect.kind == "returned"]
    sold = sum(
        -effect.delta
        for back in backs
        for effect in orders.of_order(back.order, "sale")
        if effect.sku == misfit.row.sku
    )
    return misfit.excess > 0 and sold - sum(back.delta for back in backs) == misfit.excess
