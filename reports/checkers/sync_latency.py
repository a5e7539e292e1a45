"""Sync latency: a stock movement fired → another channel's listing reflects it, over pairs that were owed.

Owed and unreflected at rest counts as infinite in every quantile. Beside it the subject's share, counted from when it
could see the movement. Under 30 owed pairs nothing is claimed.
"""

import math

from reports.channel_orders import NET_ONLY
from reports.deliveries import NEVER_NS
from reports.history import History
from reports.movements import Pair
from reports.quantiles import quantiles
from reports.result import Check, Incident
from reports.tally import Tally, counted
from simulator.limits import OWED_PAIRS_MIN


class SyncLatency:
    name = "sync_latency"

    def __call__(self, history: History) -> Check:
        owed = owed_pairs(history)
        seen = [pair.visible_latency_ms for pair in owed if pair.visible_ns != NEVER_NS]
        never = [pair for pair in owed if math.isinf(pair.latency_ms)]
        measures = {
            **quantiles("sync_latency_ms", [pair.latency_ms for pair in owed]),
            **quantiles("sync_latency_visible_ms", seen),
            "sync_latency_ms.owed": float(len(owed)),
            "sync_latency_ms.not_owed": float(history.movements.not_owed),
            "sync_latency_ms.moot": float(len(history.movements.pairs) - len(owed)),
            "sync_latency_ms.never": float(len(never)),
        }
        tally = Tally()
        for pair in never:
            tally.add(_never(history, pair))
        notes = (NET_ONLY,) if history.orders.net_only else ()
        if len(owed) < OWED_PAIRS_MIN:
            reason = f"only {counted(len(owed), 'movement')} owed to a listing, {OWED_PAIRS_MIN} are needed"
            return tally.check(self.name, "unknown", reason, measures, notes)
        reason = f"{counted(len(owed), 'movement')} owed to a listing, {len(never)} of them never reflected"
        return tally.check(self.name, "valid", reason, measures, notes)


def owed_pairs(history: History) -> list[Pair]:
    """Owed pairs that the latency is measured on: those that did not become moot."""
    return [pair for pair in history.movements.pairs if not pair.moot]


def _never(history: History, pair: Pair) -> Incident:
    text = (
        f"{pair.channel} never reflected a stock movement of {pair.sku} at {history.offset(pair.fired_ns)}: "
        "its listing was wrong then and no push mended it"
    )
    return Incident("unreflected", pair.fired_ns, text, channel=pair.channel, sku=pair.sku)
