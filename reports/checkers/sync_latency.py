"""Sync latency: a stock movement fired → another channel's listing reflects it, over pairs that were owed.

Owed and unreflected at rest counts as infinite in every quantile. Beside it the subject's share, counted from when it
could see the movement, and both once more with the moot pairs, each at the time for which its listing was wrong: a
subject that hangs while channels sell out makes just its slowest pairs moot. Under 30 owed pairs nothing is claimed.
"""

import math
from typing import Final

from stockstorm.reports.checkers.checker import Checker, Measure, quantile_measures
from stockstorm.reports.history import History
from stockstorm.reports.history.channel_orders import NET_ONLY
from stockstorm.reports.history.deliveries import NEVER_NS
from stockstorm.reports.history.sync_pairs import SyncPair
from stockstorm.reports.result import Check, Incident, Tally, counted
from stockstorm.reports.statistics.quantiles import quantiles
from stockstorm.reports.statistics.sync_basis import too_few, with_moot
from stockstorm.simulator.history import facts as f

FIRED: Final = "stock movement fired to another channel's listing reflecting it"
VISIBLE: Final = "the subject's share of sync latency: from the first sign of it"


class SyncLatency(Checker):
    name = "sync_latency"
    measures = (
        *quantile_measures("sync_latency_ms", "sync latency", FIRED, headline=True),
        Measure(
            "sync_latency_ms.owed",
            "changes owed to a channel",
            "count",
            "number of pairs of movement and listing that the latency is measured on",
            more_is_worse=None,
            headline=True,
        ),
        Measure(
            "sync_latency_ms.not_owed",
            "changes not owed",
            "count",
            "pairs of movement and listing whose listing was right already",
            more_is_worse=None,
        ),
        Measure(
            "sync_latency_ms.moot",
            "changes moot",
            "count",
            "pairs of movement and listing whose listing became right before a push came",
            more_is_worse=None,
        ),
        Measure(
            "sync_latency_ms.never",
            "changes never reflected",
            "count",
            "owed pairs of movement and listing that were not reflected at rest",
        ),
        *quantile_measures("sync_latency_visible_ms", "sync latency from visible", VISIBLE, headline=True),
        Measure(
            "sync_latency_visible_ms.owed",
            "changes owed and visible",
            "count",
            "number of pairs that the subject's share is measured on",
            more_is_worse=None,
        ),
        *quantile_measures("sync_latency_ms.with_moot", "sync latency with moot", f"{FIRED}; moot pairs included"),
        *quantile_measures(
            "sync_latency_visible_ms.with_moot",
            "sync latency from visible with moot",
            f"{VISIBLE}; moot pairs included",
        ),
    )
    speed = True

    def __call__(self, history: History) -> Check:
        owed, pairs = owed_pairs(history), history.sync_pairs.pairs
        seen = [pair.visible_latency_ms for pair in owed if pair.visible_ns != NEVER_NS]
        seen_pairs = [pair.visible_latency_ms for pair in pairs if pair.visible_ns != NEVER_NS]
        never = [pair for pair in owed if math.isinf(pair.latency_ms)]
        measures = {
            **quantiles("sync_latency_ms", [pair.latency_ms for pair in owed]),
            **quantiles("sync_latency_visible_ms", seen),
            **_with_moot("sync_latency_ms", [pair.latency_ms for pair in pairs]),
            **_with_moot("sync_latency_visible_ms", seen_pairs),
            "sync_latency_visible_ms.owed": float(len(seen)),
            "sync_latency_ms.owed": float(len(owed)),
            "sync_latency_ms.not_owed": float(history.sync_pairs.not_owed),
            "sync_latency_ms.moot": float(len(pairs) - len(owed)),
            "sync_latency_ms.never": float(len(never)),
        }
        tally = Tally()
        for pair in never:
            tally.add(_never(history, pair))
        notes = (NET_ONLY,) if history.orders.net_only else ()
        if few := too_few("sync_latency_ms", measures):
            return tally.check(self.name, "unknown", few, measures, notes)
        reason = f"{counted(len(owed), 'movement')} owed to a listing, {len(never)} of them never reflected"
        return tally.check(self.name, "valid", reason, measures, notes)


def owed_pairs(history: History) -> list[SyncPair]:
    """Owed pairs that the latency is measured on: those that did not become moot."""
    return [pair for pair in history.sync_pairs.pairs if not pair.moot]


def _with_moot(name: str, latencies_ms: list[float]) -> dict[str, float]:
    return {with_moot(measure): value for measure, value in quantiles(name, latencies_ms).items()}


def _never(history: History, pair: SyncPair) -> Incident:
    moved, units, event = _moved(history, pair)
    text = (
        f"{pair.channel} never reflected a {moved} of {pair.sku} at {history.offset(pair.fired_ns)}: "
        "its listing was wrong then and no push mended it"
    )
    events = (event,) if event >= 0 else ()
    return Incident("unreflected", pair.fired_ns, text, channel=pair.channel, sku=pair.sku, units=units, events=events)


def _moved(history: History, pair: SyncPair) -> tuple[str, int, int]:
    """What moved stock, by how many units, and the event that told of it (-1: none)."""
    events = history.deliveries
    match history.facts[pair.seq]:
        case f.StockChanged() as change:
            return change.cause, abs(change.delta), events.version_event.get((pair.sku, change.version), -1)
        case f.PurchaseAccepted() as sale:
            units = sale.quantities[sale.skus.index(pair.sku)]
            return f"sale on {sale.channel}", units, events.order_event.get((sale.order, "order.created"), -1)
        case f.OrderCancelled() as gone:
            units = gone.quantities[gone.skus.index(pair.sku)]
            return f"cancellation on {gone.channel}", units, events.order_event.get((gone.order, "order.cancelled"), -1)
        case f.OrderReturned() as back:
            units = back.quantities[back.skus.index(pair.sku)]
            return f"return on {back.channel}", units, events.order_event.get((back.order, "order.returned"), -1)
        case _:
            return "stock movement", 0, -1
