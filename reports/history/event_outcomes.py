"""What became of every event: how it was delivered, and what effect it had as far as can be told from outside.

A subject with an effects probe is believed about what it took in; what it does not know of but the master shows all the
same was *healed* by reconciliation. Without a probe, inventory events are judged by pushes that show their version, and
marketplace orders by the references in the ledger; of everything else no effect is visible and none is claimed.
"""

from typing import TYPE_CHECKING, Final

import msgspec

from stockstorm.reports.history.channel_orders import Effect
from stockstorm.reports.history.deliveries import INVENTORY_TOPIC, Way
from stockstorm.simulator.history import facts as f

if TYPE_CHECKING:
    from stockstorm.reports.history import History

DELIVERY_CLASSES: Final = ("acknowledged", "unacknowledged", "refused", "pending", "no_subscription")
EFFECT_CLASSES: Final = (
    "once",
    "twice",
    "none",
    "superseded",
    "dead_lettered",
    "void",
    "healed",
    "pending",
    "not_judged",
)
ORDER_KINDS: Final = {"order.created": "sale", "order.cancelled": "cancelled", "order.returned": "returned"}
_OUTCOMES: Final = {"given_up": "unacknowledged", "subscription_removed": "unacknowledged", "refused": "refused"}


class Classified(msgspec.Struct, gc=False):
    """One event on both axes. `delivery` is empty when the history does not say."""

    event: f.EventFired
    delivery: str
    effect: str


class _Evidence(msgspec.Struct):
    """What is asked for every event, looked up once."""

    probed: dict[str, f.EffectProbed] | None  # by webhook id; None: the subject has no such probe
    read: dict[str, int]  # by SKU, newest version that a query (not a mutation's answer) showed
    pushes: bool


def classify(history: "History") -> list[Classified]:
    """Every fired event in order, with its two classes."""
    evidence = _evidence(history)
    found = []
    for seq, event in history.numbered(f.EventFired):
        ways = history.dispatch.by_event.get(event.event, [])
        delivery = _delivery(history, event, ways)
        found.append(Classified(event, delivery, _effect(history, evidence, seq, event, ways)))
    return found


def _evidence(history: "History") -> _Evidence:
    probed = None
    if any(ended.probe == "effects" and ended.ok for ended in history.all(f.ProbeEnded)):
        probed = {row.webhook_id: row for row in history.all(f.EffectProbed)}
    queries = {
        call.request
        for call in history.all(f.ApiCalled)
        if not call.operation.startswith("inventory")
        or call.operation in {"inventoryItem", "inventoryItems", "inventoryLevel"}
    }
    read: dict[str, int] = {}
    for shown in history.all(f.StockShown):
        if shown.request in queries:
            for sku, version in zip(shown.skus, shown.versions, strict=True):
                read[sku] = max(read.get(sku, -1), version)
    return _Evidence(probed, read, bool(history.all(f.ListingPushed)))


def _delivery(history: "History", event: f.EventFired, ways: list[Way]) -> str:
    outcomes = {way.outcome for way in ways}
    if "acknowledged" in outcomes:
        return "acknowledged"
    if "pending" in outcomes:
        return "pending"
    for outcome in outcomes:
        if outcome in _OUTCOMES:
            return _OUTCOMES[outcome]
    return "no_subscription" if not ways and event.event in history.dispatch.unheard else ""


def _effect(history: "History", evidence: _Evidence, seq: int, event: f.EventFired, ways: list[Way]) -> str:
    if evidence.probed is not None:
        rows = [row for way in ways if (row := evidence.probed.get(way.planned.webhook_id)) is not None]
        if rows:
            return _probed(rows)
        return _unknown_to_subject(history, evidence, event)
    if event.topic == INVENTORY_TOPIC:
        return _by_pushes(history, evidence, seq, event)
    if event.topic in ORDER_KINDS and event.source in history.marketplaces:
        return _by_references(history, event)
    return "not_judged"


def _probed(rows: list[f.EffectProbed]) -> str:
    states = {row.state for row in rows}
    if "applied" in states:
        return "twice" if max(row.times for row in rows) > 1 else "once"
    for state in ("superseded", "dead_lettered", "pending"):
        if state in states:
            return state
    return "not_judged"


def _unknown_to_subject(history: "History", evidence: _Evidence, event: f.EventFired) -> str:
    """No notification of the event is known to the subject; did the truth come to it in another way?"""
    if event.topic == INVENTORY_TOPIC:
        return "healed" if evidence.read.get(event.sku, -1) >= event.version else "none"
    if event.topic in ORDER_KINDS and event.source in history.marketplaces:
        effects = history.orders.of_order(event.order, ORDER_KINDS[event.topic])
        if effects and all(effect.version >= 0 for effect in effects):
            return "healed"
    return "not_judged" if history.unrest else "none"  # A row may be written only once a worker claims the event.


def _by_pushes(history: "History", evidence: _Evidence, seq: int, event: f.EventFired) -> str:
    ledger = history.ledgers.get(event.sku)
    if not evidence.pushes or ledger is None or not 0 <= event.version < len(ledger.first_state):
        return "not_judged"
    state = ledger.first_state[event.version]
    since = min(seq, ledger.seqs[state])
    shelves = [history.shelves[channel, event.sku] for channel in history.marketplaces]
    shown = [
        shelf.matched[push] for shelf in shelves if (push := shelf.first_showing(state, since)) < len(shelf.pushes)
    ]
    if shown:
        return "once" if min(shown) == state else "superseded"
    last, end = len(ledger.seqs) - 1, len(history.facts)
    if all(ledger.floor(last, end) <= shelf.listed[-1] <= ledger.ceiling(last) for shelf in shelves):
        return "void"  # Every listing is right as it is: there was nothing to push.
    return "not_judged" if history.unrest else "none"


def _by_references(history: "History", event: f.EventFired) -> str:
    orders = history.orders
    if orders.net_only or not orders.writes:
        return "not_judged"
    effects = orders.of_order(event.order, ORDER_KINDS[event.topic])
    if not effects:
        return "void"  # A return that is not restocked changes no stock.
    unwritten = [effect for effect in effects if effect.version < 0]
    if unwritten:
        return _unwritten(history, unwritten)
    return "twice" if any(effect.sku in doubled_skus(history) and effect.times > 1 for effect in effects) else "once"


def _unwritten(history: "History", effects: list[Effect]) -> str:
    if all(effect.settled for effect in effects):
        return "void"
    return "not_judged" if history.unrest else "none"


def doubled_skus(history: "History") -> set[str]:
    """SKUs whose rows with references moved other units than the orders that they name, each taken once."""
    return history.misfit_skus
