"""Short functions for facts, so that a literal history fits on a screen. Times are milliseconds from the start of load.

One SKU, "MUG", 10 units at £5.00, sells on the shop's own store and on the marketplaces bazaar and mercado.
"""

from typing import Any, Literal

import msgspec

from stockstorm.reports.history import History
from stockstorm.reports.result import Incident
from stockstorm.simulator.config import ForgeryKind
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import ApiOutcome, StockCause

START = 1_000_000_000_000
SKU = "MUG"


def ns(ms: float) -> int:
    """A time of the history in nanoseconds."""
    return START + int(ms * 1_000_000)


def history(*facts: f.AnyFact | tuple[f.AnyFact, ...]) -> History:
    """A history of these facts and groups of facts."""
    flat: list[f.AnyFact] = []
    for entry in facts:
        flat.extend(entry if isinstance(entry, tuple) else (entry,))
    return History.of(flat)


def started(duration_ms: float = 10_000, safety_stock: int = 0) -> f.RunStarted:
    return f.RunStarted(
        at_ns=START,
        schema=f.SCHEMA_VERSION,
        run="literal",
        scenario={},
        seed=1,
        plan_digest="",
        wall_ns=0,
        duration_ns=int(duration_ms * 1_000_000),
        safety_stock=safety_stock,
        subject="nobody",
        driver="virtual",
        replay="",
        commit="",
        versions={},
        machine={},
    )


def opened(available: int = 10, safety_stock: int = 0, duration_ms: float = 10_000) -> tuple[f.AnyFact, ...]:
    """The start of a run with its one SKU and three channels."""
    return (
        f.ItemStocked(START - 1, SKU, 2**53 + 1, 7, available, 500, hot=False),
        f.ChannelOpened(START - 1, "online", online=True),
        f.ChannelOpened(START - 1, "bazaar", online=False),
        f.ChannelOpened(START - 1, "mercado", online=False),
        started(duration_ms, safety_stock),
    )


def sold(ms: float, order: int, channel: str, quantity: int = 1, before: int = 10, shown: int = 10) -> f.AnyFact:
    return f.PurchaseAccepted(ns(ms), order, channel, str(order), (SKU,), (quantity,), (before,), (shown,))


def refused(ms: float, order: int, channel: str, quantity: int = 1, before: int = 0, shown: int = 0) -> f.AnyFact:
    return f.PurchaseRefused(ns(ms), order, channel, (SKU,), (quantity,), (before,), (shown,))


def cancelled(ms: float, order: int, channel: str, quantity: int = 1) -> f.AnyFact:
    return f.OrderCancelled(ns(ms), order, channel, str(order), (SKU,), (quantity,))


def version(
    ms: float, number: int, delta: int, available: int, cause: StockCause = "sale", order: int = -1
) -> f.AnyFact:
    return f.StockChanged(ns(ms), SKU, 2**53 + 1, 7, number, delta, available, cause, order)


def recorded(ms: float, number: int, delta: int, available: int, *tokens: str) -> f.AnyFact:
    """A version that the subject wrote, naming these orders (none: without a reference)."""
    reference = "urn:channel-orders:" + ",".join(tokens) if tokens else ""
    return f.StockChanged(ns(ms), SKU, 2**53 + 1, 7, number, delta, available, "subject_adjust", -1, reference)


def query(ms: float, request: int, number: int) -> tuple[f.AnyFact, ...]:
    """A query whose answer shows a version."""
    return (called(ms, request, "inventoryItems"), f.StockShown(ns(ms), request, (SKU,), (number,)))


def put(
    ms: float, request: int, number: int, delta: int, available: int, *tokens: str, compared: bool = False
) -> f.AnyFact:
    """A set that made a version, or with `delta` 0 one that changed nothing of version `number`."""
    reference = "urn:channel-orders:" + ",".join(tokens) if tokens else ""
    if not delta:
        return f.StockUnmoved(ns(ms), SKU, number, reference, request, "subject_set", compared)
    return f.StockChanged(
        ns(ms), SKU, 2**53 + 1, 7, number, delta, available, "subject_set", -1, reference, compared, request
    )


def pushed(ms: float, channel: str, quantity: int, shown: int = 10) -> f.AnyFact:
    return f.ListingPushed(ns(ms), channel, SKU, quantity, shown)


def stock_event(ms: float, event: int, number: int) -> f.AnyFact:
    topic = "inventory_levels/update"
    return f.EventFired(ns(ms), event, f"e{event}", "shopify", topic, sku=SKU, version=number)


def order_event(ms: float, event: int, order: int, channel: str, topic: str = "order.created") -> f.AnyFact:
    return f.EventFired(ns(ms), event, f"e{event}", channel, topic, order=order)


def planned(
    ms: float, delivery: int, event: int, topic: str = "order.created", forged: ForgeryKind | Literal[""] = ""
) -> f.AnyFact:
    return f.DeliveryPlanned(ns(ms), delivery, event, f"w{delivery}", 1, topic, ns(ms), forged=forged)


def tried(
    ms: float, delivery: int, took_ms: float = 5, status: int = 200, error: f.AttemptError = "", nth: int = 1
) -> f.AnyFact:
    """An attempt due at `ms`, started at once."""
    due, end = ns(ms), ns(ms + took_ms)
    return f.AttemptEnded(end, delivery, nth, due, due, due, end if status else 0, due, status, error)


def ended(ms: float, delivery: int, outcome: f.DeliveryOutcome = "acknowledged") -> f.AnyFact:
    return f.DeliveryEnded(ns(ms), delivery, outcome)


def delivered(ms: float, event: int, topic: str = "order.created") -> tuple[f.AnyFact, ...]:
    """A delivery with the event's own number, acknowledged at the first try after 5 ms."""
    return (planned(ms, event, event, topic), tried(ms, event), ended(ms + 5, event))


def rest(ms: float = 900) -> f.AnyFact:
    """Rest without final reads."""
    return f.QuietReached(ns(ms), quiet=True, waited_ns=0)


def no_rest(ms: float = 900, **seen: Any) -> f.AnyFact:
    """The end of a wait of 30 s without rest, with what was `seen` last."""
    return f.QuietReached(ns(ms), quiet=False, waited_ns=30_000_000_000, **seen)


def at_rest(ms: float, available: int, physical: int, bazaar: int, mercado: int) -> tuple[f.AnyFact, ...]:
    """Quiet, and the final reads."""
    return (
        f.QuietReached(ns(ms), quiet=True, waited_ns=0),
        f.FinalStock(ns(ms), SKU, available, physical, 1),
        f.FinalListing(ns(ms), "bazaar", SKU, bazaar),
        f.FinalListing(ns(ms), "mercado", SKU, mercado),
    )


def effect(delivery: int, state: f.EffectState, times: int, ms: float = 9_000) -> f.AnyFact:
    return f.EffectProbed(ns(ms), f"w{delivery}", state, times)


def probe_done(ms: float = 9_001) -> f.AnyFact:
    return f.ProbeEnded(ns(ms), "effects", ok=True)


def called(ms: float, request: int, operation: str, status: int = 200, outcome: ApiOutcome = "ok") -> f.AnyFact:
    return f.ApiCalled(ns(ms), request, "admin", operation, status, outcome, ns(ms) - 1)


def without_text(incident: Incident) -> Incident:
    """The incident without its sentence. One test of each checker compares the sentence."""
    return msgspec.structs.replace(incident, text="")
