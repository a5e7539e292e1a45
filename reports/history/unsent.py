"""Events that were never sent, as Shopify loses some, and when the subject learned of each all the same.

It learns of a marketplace's order from an answer that shows the order at that time or later, and of a stock level from
an answer, or a later delivery, that shows that version or a later one. Nothing else tells it, so what was shown nowhere
it cannot know. Such an event is *missed* if it matters at rest: the master lacks the order's effect, or the level rose
by a restock, or a listing of that SKU is wrong.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

import msgspec

from stockstorm.reports.history.channel_orders import ChannelOrders
from stockstorm.reports.history.deliveries import INVENTORY_TOPIC, NEVER_NS
from stockstorm.reports.history.event_outcomes import ORDER_KINDS, Reported
from stockstorm.reports.history.log import FactLog
from stockstorm.simulator.history import facts as f


class Unsent(msgspec.Struct, frozen=True):
    """One event that was never sent. `shown_ns`: when the subject learned of it; NEVER_NS: it did not."""

    event: f.EventFired
    shown_ns: int
    matters: bool  # whether a subject that does not know of it is wrong at rest


def find_unsent(
    log: FactLog, reported: Reported, orders: ChannelOrders, visible: Mapping[str, Sequence[int]], wrong: Set[str]
) -> list[Unsent]:
    """Of orders of the marketplaces and of stock levels, in order of time. `wrong`: SKUs with a wrong listing at rest.

    `visible`: by SKU, by version, when it or a later one became visible. Other events of the shop repeat these.
    """
    pairs = zip(log.all(f.EventFired), reported.delivery, strict=True)
    lost = [event for event, delivery in pairs if delivery == "never_sent"]
    if not lost:
        return []
    restocks = {(change.sku, change.version) for change in log.all(f.StockChanged) if change.cause == "restock"}
    shown = _shown(log.all(f.OrdersShown))
    return list(_each(lost, orders, shown, visible, restocks, wrong, log.marketplaces))


def _each(
    lost: Iterable[f.EventFired],
    orders: ChannelOrders,
    shown: Mapping[int, list[int]],
    visible: Mapping[str, Sequence[int]],
    restocks: Set[tuple[str, int]],
    wrong: Set[str],
    marketplaces: Sequence[str],
) -> Iterator[Unsent]:
    for event in lost:
        if event.topic in ORDER_KINDS and event.source in marketplaces:
            times = shown.get(event.order, [])
            place = bisect_left(times, event.at_ns)
            shown_ns = times[place] if place < len(times) else NEVER_NS
            effects = orders.of_order(event.order, ORDER_KINDS[event.topic])
            yield Unsent(event, shown_ns, any(effect.version < 0 and not effect.settled for effect in effects))
        elif event.topic == INVENTORY_TOPIC:
            versions = visible.get(event.sku, ())
            shown_ns = versions[event.version] if 0 <= event.version < len(versions) else NEVER_NS
            yield Unsent(event, shown_ns, (event.sku, event.version) in restocks or event.sku in wrong)


def _shown(answers: Iterable[f.OrdersShown]) -> dict[int, list[int]]:
    """By order: when answers showed it, ascending."""
    found: dict[int, list[int]] = {}
    for answer in answers:
        for order in answer.orders:
            found.setdefault(order, []).append(answer.at_ns)
    return found


def missed_of(unsent: Iterable[Unsent]) -> list[Unsent]:
    """Those that the subject cannot know of, and without which it is wrong."""
    return [one for one in unsent if one.shown_ns == NEVER_NS and one.matters]


def untold_orders(log: FactLog, reported: Reported) -> frozenset[int]:
    """Orders of marketplaces whose sale no delivery told, and no answer showed: a subject need not know of them.

    The sale was never sent, or nobody was subscribed, or each try to deliver it failed, or one still will be made.
    """
    pairs = zip(log.all(f.EventFired), reported.delivery, strict=True)
    places = frozenset(log.marketplaces)
    sales = [(event, how) for event, how in pairs if event.topic == "order.created" and event.source in places]
    untold = {event.order: event.at_ns for event, how in sales if how not in {"acknowledged", ""}}
    if not untold:
        return frozenset()
    told = {event.order for event, how in sales if how in {"acknowledged", ""}}
    shown = _shown(log.all(f.OrdersShown))
    return frozenset(
        order
        for order, at_ns in untold.items()
        if order not in told and not any(time_ns >= at_ns for time_ns in shown.get(order, ()))
    )
