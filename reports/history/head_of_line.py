"""How long good events waited behind a poison one: an event that the subject put among its dead letters.

Behind it are the events of the same item, or of the same order, that fired after it. A subject that handles them in
turn lets them wait until it gives the poison one up. What it says of its effects has no time, so a stock event waits
until a push shows its version on some channel, an order's until the master includes it. Of an event without such a
sign nothing is claimed.
"""

from typing import TYPE_CHECKING

import msgspec

from stockstorm.reports.history.deliveries import INVENTORY_TOPIC
from stockstorm.reports.history.event_outcomes import ORDER_KINDS, Classified
from stockstorm.simulator.history import facts as f

if TYPE_CHECKING:
    from stockstorm.reports.history import History

GOOD = frozenset({"once", "twice", "superseded", "healed"})


class BehindPoison(msgspec.Struct, frozen=True):
    """`longest_ns` is the age of the oldest good event when it took effect; None: there is none that can be told."""

    poison: int
    longest_ns: int | None
    untold: int  # good events behind a poison one whose moment of effect cannot be told


def behind_poison(history: "History") -> BehindPoison:
    """Over the whole run."""
    poisoned: set[tuple[str, str]] = set()
    waits: list[int] = []
    poison = untold = 0
    for entry in history.classified:
        lane = _lane(entry.event)
        if entry.effect == "dead_lettered":
            poison += 1
            poisoned.add(lane)
        elif entry.effect in GOOD and lane in poisoned:
            since = _effect_ns(history, entry)
            if since is None:
                untold += 1
            else:
                waits.append(since - entry.event.at_ns)
    return BehindPoison(poison, max(waits, default=None), untold)


def _lane(event: f.EventFired) -> tuple[str, str]:
    """What a subject handles in turn: the events of one item, or of one order."""
    return ("item", event.sku) if event.topic == INVENTORY_TOPIC else ("order", str(event.order))


def _effect_ns(history: "History", entry: Classified) -> int | None:
    event = entry.event
    if event.topic == INVENTORY_TOPIC:
        return _pushed_ns(history, event)
    if event.topic not in ORDER_KINDS or event.source not in history.marketplaces or history.orders.net_only:
        return None  # Conservation alone ties orders to rows by guess.
    effects = history.orders.of_order(event.order, ORDER_KINDS[event.topic])
    if not effects or any(effect.version < 0 for effect in effects):
        return None
    return max(effect.version_ns for effect in effects)


def _pushed_ns(history: "History", event: f.EventFired) -> int | None:
    ledger = history.ledgers.get(event.sku)
    if ledger is None or not 0 <= event.version < len(ledger.first_state):
        return None
    state = ledger.first_state[event.version]
    shelves = [history.shelves[channel, event.sku] for channel in history.marketplaces]
    firsts = [(shelf, shelf.first_showing(state, ledger.seqs[state])) for shelf in shelves]
    return min((shelf.pushes[push].at_ns for shelf, push in firsts if push < len(shelf.pushes)), default=None)
