"""Orders of which a part came to 0 before it was written, by the subject's own probe.

A sale and its cancellation that share a call leave no trace. Where the cancellation comes a second time, one row gives
back units of a sale that no row took. Outside it looks like a lost sale. A subject whose probe says that it applied the
sale once and the cancellation twice explains all of it, and the cancellation is what was applied twice.
"""

from collections.abc import Iterator, Sequence

from stockstorm.reports.history.channel_orders import ChannelOrders
from stockstorm.reports.history.event_outcomes import ORDER_KINDS, EffectClass
from stockstorm.reports.history.order_effects import Effect
from stockstorm.simulator.history import facts as f

Claims = dict[tuple[int, str], EffectClass]


def half_written(orders: ChannelOrders) -> list[tuple[Effect, ...]]:
    """By order and SKU, the effects of which some are missing and others, of the opposite sum, are written."""
    if orders.net_only:
        return []
    open_orders = {effect.order for effect in orders.effects if effect.version < 0 and not effect.settled}
    return [of_sku for order in open_orders for of_sku in _by_sku(orders.by_order[order]) if any(map(_written, of_sku))]


def claims_of(events: Sequence[f.EventFired], claimed: Sequence[EffectClass | None] | None) -> Claims:
    """What the subject's probe says of order events."""
    return {
        (event.order, ORDER_KINDS[event.topic]): claim
        for event, claim in zip(events, claimed or (), strict=claimed is not None)
        if claim is not None and event.topic in ORDER_KINDS
    }


def settle_netted(orders: ChannelOrders, groups: Sequence[tuple[Effect, ...]], claims: Claims) -> None:
    """Settles what is missing of a group and was applied once, where what was applied twice explains it."""
    for group in groups:
        left = [effect for effect in group if effect.version < 0 and not effect.settled]
        single = [effect for effect in group if _written(effect) and effect.times == 1]
        twice = [effect for effect in single if claims.get((effect.order, effect.kind)) == "twice"]
        applied = all(claims.get((effect.order, effect.kind)) == "once" for effect in left)
        if applied and twice and not sum(effect.delta for effect in (*left, *twice)):
            for effect in left:
                effect.settled, effect.times = True, 1
            orders.netted_twice += twice


def _written(effect: Effect) -> bool:
    return effect.version >= 0


def _by_sku(effects: Sequence[Effect]) -> Iterator[tuple[Effect, ...]]:
    for sku in dict.fromkeys(effect.sku for effect in effects):
        yield tuple(effect for effect in effects if effect.sku == sku)
