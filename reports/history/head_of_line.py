"""Head-of-line blocking: how long good events waited behind a dead-lettered event of the same item or order.

A subject that handles such events in turn lets them wait until it gives the dead-lettered one up. A probe's row has no
time, so an inventory event waits until a push shows its version on some channel, and an order's event until the master
includes it. Nothing is claimed about an event without such a sign.
"""

from collections.abc import Mapping, Sequence

import msgspec

from stockstorm.reports.history.channel_orders import ChannelOrders
from stockstorm.reports.history.deliveries import INVENTORY_TOPIC
from stockstorm.reports.history.event_outcomes import ORDER_KINDS, Classified
from stockstorm.reports.history.ledgers import Ledger
from stockstorm.reports.history.listings import Listing
from stockstorm.simulator.history import facts as f

GOOD = frozenset({"once", "twice", "superseded", "healed"})


class HeadOfLineBlocking(msgspec.Struct, frozen=True):
    """`longest_ns` is the age of the oldest good event when it took effect; None when there was no such event."""

    dead_lettered: int
    longest_ns: int | None
    undated: int  # good events behind a dead-lettered one whose moment of effect is not known


def measure_head_of_line(
    classified: Sequence[Classified],
    marketplaces: Sequence[str],
    orders: ChannelOrders,
    ledgers: Mapping[str, Ledger],
    listings: Mapping[tuple[str, str], Listing],
) -> HeadOfLineBlocking:
    """Over the whole run. Time linear in the events, times a logarithm of the pushes."""
    blocked: set[tuple[str, str]] = set()
    waits: list[int] = []
    dead_lettered = undated = 0
    for entry in classified:
        line = _line(entry.event)
        if entry.effect == "dead_lettered":
            dead_lettered += 1
            blocked.add(line)
        elif entry.effect in GOOD and line in blocked:
            if entry.event.topic == INVENTORY_TOPIC:
                effect_ns = _pushed_ns(entry.event, marketplaces, ledgers, listings)
            else:
                effect_ns = _included_ns(entry.event, marketplaces, orders)
            if effect_ns is None:
                undated += 1
            else:
                waits.append(effect_ns - entry.event.at_ns)
    return HeadOfLineBlocking(dead_lettered, max(waits, default=None), undated)


def _line(event: f.EventFired) -> tuple[str, str]:
    """What a subject handles in turn: the events of one item, or of one order."""
    if event.topic == INVENTORY_TOPIC:
        return "item", event.sku
    return ("order", str(event.order)) if event.order >= 0 else ("event", str(event.event))


def _included_ns(event: f.EventFired, marketplaces: Sequence[str], orders: ChannelOrders) -> int | None:
    """When the master included the order's event. Conservation alone ties orders to rows by guess, so it gives None."""
    if event.topic not in ORDER_KINDS or event.source not in marketplaces or orders.net_only:
        return None
    effects = orders.of_order(event.order, ORDER_KINDS[event.topic])
    if not effects or any(effect.version < 0 for effect in effects):
        return None
    return max(effect.version_ns for effect in effects)


def _pushed_ns(
    event: f.EventFired,
    marketplaces: Sequence[str],
    ledgers: Mapping[str, Ledger],
    listings: Mapping[tuple[str, str], Listing],
) -> int | None:
    """When the first push showed the event's version."""
    ledger = ledgers.get(event.sku)
    if ledger is None or not 0 <= event.version < len(ledger.first_state):
        return None
    state = ledger.first_state[event.version]
    of_sku = [listings[channel, event.sku] for channel in marketplaces]
    firsts = [(listing, listing.first_showing(state, ledger.seqs[state])) for listing in of_sku]
    return min((listing.pushes[push].at_ns for listing, push in firsts if push < len(listing.pushes)), default=None)
