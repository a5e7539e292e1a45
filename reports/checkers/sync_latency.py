"""Sync latency: from a stock movement until another channel's listing reflects it, over the pairs that were owed.

A pair that is owed and not reflected at rest has infinite latency. While something is pending it can still be
reflected, so its latency counts as at least the time until the end of the run. The subject's share is counted from when
it could see the movement. Fewer than 30 owed pairs give no verdict.

Both are also measured "with moot": a pair that became moot counts for as long as its listing was wrong. A subject that
hangs while channels sell out makes exactly its slowest pairs moot. These figures are lower bounds, so they can only
speak against a subject.

A marketplace that shows a push late, or that is down, adds to what buyers see and not to these figures: a push counts
when it is accepted, and the time of an outage is left out. The check says so.
"""

import math
from collections import Counter
from collections.abc import Mapping
from typing import Final

from stockstorm.reports.checkers.checker import Checker, Measure, quantile_measures, with_open
from stockstorm.reports.history import History
from stockstorm.reports.history.channel_orders import NET_ONLY
from stockstorm.reports.history.ledgers import named_cause
from stockstorm.reports.history.sync_pairs import SyncPair, SyncSamples
from stockstorm.reports.result import Check, Incident, Tally, counted
from stockstorm.reports.statistics.quantiles import quantiles
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.limits import OWED_PAIRS_MIN

_FIRED: Final = "stock movement fired to another channel's listing reflecting it"
_STEMS: Final = ("sync_latency_ms", "sync_latency_visible_ms")
_VISIBLE: Final = "the subject's share of sync latency: from the first sign of it"


class SyncLatency(Checker):
    name = "sync_latency"
    measures = (
        *quantile_measures("sync_latency_ms", "sync latency", _FIRED, headline=True),
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
        Measure(
            "sync_latency_ms.open",
            "changes still open",
            "count",
            "owed pairs of movement and listing that were not reflected when the run ended with work pending",
        ),
        *quantile_measures("sync_latency_visible_ms", "sync latency from visible", _VISIBLE, headline=True),
        Measure(
            "sync_latency_visible_ms.owed",
            "changes owed and visible",
            "count",
            "number of pairs that the subject's share is measured on",
            more_is_worse=None,
        ),
        *quantile_measures("sync_latency_ms.with_moot", "sync latency with moot", f"{_FIRED}; moot pairs included"),
        *quantile_measures(
            "sync_latency_visible_ms.with_moot",
            "sync latency from visible with moot",
            f"{_VISIBLE}; moot pairs included",
        ),
    )
    speed = True

    def __call__(self, history: History) -> Check:
        owed, samples = history.owed_pairs, history.sync_samples
        moot = len(history.sync_pairs.pairs) - len(owed)
        figures = _figures(samples)
        least = _figures(history.sync_samples_with_moot) if moot else figures
        never = [pair for pair in owed if math.isinf(pair.latency_ms)] if math.inf in samples.fired.values else []
        measures = {
            **figures,
            **{with_moot(measure): value for measure, value in least.items()},
            "sync_latency_visible_ms.owed": float(len(samples.visible)),
            "sync_latency_ms.owed": float(len(owed)),
            "sync_latency_ms.not_owed": float(history.sync_pairs.not_owed),
            "sync_latency_ms.moot": float(moot),
            "sync_latency_ms.never": float(len(never)),
        }
        tally = Tally()
        for pair in never:
            tally.add(_never(history, pair))
        notes = (*((NET_ONLY,) if history.orders.net_only else ()), *_of_marketplaces(history))
        if few := too_few("sync_latency_ms", measures):
            if history.lists_less:  # then a listing seldom shows too many units, so that little is owed to it
                return tally.check(self.name, "not_exercised", f"{few}; it lists less on purpose", measures, notes)
            return tally.check(self.name, "unknown", few, measures, notes)
        reason = f"{counted(len(owed), 'movement')} owed to a listing, {len(never)} of them never reflected"
        check = tally.check(self.name, "measured", reason, measures, notes)
        return with_open(check, "sync_latency_ms.open", sum(pair.open for pair in owed), "movement")

    def exposure(self, history: History) -> dict[str, int]:
        return {"changes owed to a listing": len(history.owed_pairs)}


def _of_marketplaces(history: History) -> tuple[str, ...]:
    """What buyers waited for besides, which is not the subject's."""
    late = [
        f"buyers on {channel} see a push {lag_ns / SECOND_NS:g} s after {channel} accepts it; that is not counted"
        for channel, lag_ns in history.lags_ns.items()
    ]
    excused = Counter[str]()
    for pair in history.owed_pairs if history.outages else ():
        excused[pair.channel] += pair.excused_ns > 0
    down = [
        f"{channel} was down while {counted(count, 'movement')} waited for it; that time is not counted"
        for channel, count in excused.items()
        if count
    ]
    return (*late, *down)


def too_few(measure: str, measures: Mapping[str, float]) -> str:
    """Why a quantile of a sync latency is not judged. Empty if it has enough pairs, or if pairs were not counted."""
    count = int(measures.get(owed(measure), OWED_PAIRS_MIN))
    if measure.split(".", maxsplit=1)[0] not in _STEMS or measure == owed(measure) or count >= OWED_PAIRS_MIN:
        return ""
    return f"only {counted(count, 'movement')} owed to a listing, {OWED_PAIRS_MIN} are needed"


def owed(measure: str) -> str:
    """The measure that counts the pairs behind this one."""
    return f"{measure.split('.', maxsplit=1)[0]}.owed"


def with_moot(measure: str) -> str:
    """The same measure with moot pairs included."""
    stem, _, quantile = measure.partition(".")
    return f"{stem}.with_moot.{quantile}"


def _figures(samples: SyncSamples) -> dict[str, float]:
    return {
        **quantiles("sync_latency_ms", samples.fired.ordered),
        **quantiles("sync_latency_visible_ms", samples.visible.ordered),
    }


def _never(history: History, pair: SyncPair) -> Incident:
    moved, units, event = _moved(history, pair)
    text = (
        f"{pair.channel} never reflected {moved} of {pair.sku} at {history.offset(pair.fired_ns)}: "
        "its listing was wrong then and no push corrected it"
    )
    events = (event,) if event >= 0 else ()
    return Incident("unreflected", pair.fired_ns, text, channel=pair.channel, sku=pair.sku, units=units, events=events)


def _units_of(fact: f.PurchaseAccepted | f.OrderCancelled | f.OrderReturned, sku: str) -> int:
    """Units of a SKU on all lines."""
    return sum(units for each, units in zip(fact.skus, fact.quantities, strict=True) if each == sku)


def _moved(history: History, pair: SyncPair) -> tuple[str, int, int]:
    """What moved stock, by how many units, and the event that reported it (-1: none)."""
    events = history.deliveries
    match history.facts[pair.seq]:
        case f.StockChanged() as change:
            return (
                named_cause(change.cause),
                abs(change.delta),
                events.version_event.get((pair.sku, change.version), -1),
            )
        case f.PurchaseAccepted() as sale:
            units = _units_of(sale, pair.sku)
            return (
                f"a sale ({history.order_name(sale.order)})",
                units,
                events.order_event.get((sale.order, "order.created"), -1),
            )
        case f.OrderCancelled() as gone:
            units = _units_of(gone, pair.sku)
            return (
                f"a cancellation ({history.order_name(gone.order)})",
                units,
                events.order_event.get((gone.order, "order.cancelled"), -1),
            )
        case f.OrderReturned() as back:
            units = _units_of(back, pair.sku)
            return (
                f"a return ({history.order_name(back.order)})",
                units,
                events.order_event.get((back.order, "order.returned"), -1),
            )
        case _:
            return "a stock movement", 0, -1
