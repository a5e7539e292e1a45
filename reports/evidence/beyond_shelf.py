"""Order lines sold beyond physical stock, and which of them a marketplace alone caused.

A marketplace alone is the cause where it had accepted a lower quantity and still showed the one before, or where it was
down when the units went. No subject can change either.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from stockstorm.reports.history import History
from stockstorm.reports.history.shelf import Shelf, build_shelves
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.simulator.clock import MILLISECOND_NS
from stockstorm.simulator.history import facts as f

SLACK_NS: Final = 100 * MILLISECOND_NS  # beyond the run's own latency, before a line is late


class OversoldLine(msgspec.Struct, frozen=True):
    """An order line with units that were not on the shelf."""

    seq: int
    sale: f.PurchaseAccepted
    sku: str
    wanted: int
    over: int


def oversold(history: History) -> Iterator[OversoldLine]:
    """Every one of them, in order of time."""
    for seq, sale in history.numbered(f.PurchaseAccepted):
        if len(sale.skus) == 1 and sale.quantities <= sale.physical_before:
            continue  # as nearly every order
        for sku, quantity, before in zip(sale.skus, sale.quantities, sale.physical_before, strict=True):
            over = quantity - min(quantity, max(0, before))
            if over > 0:
                yield OversoldLine(seq, sale, sku, quantity, over)


def apart(history: History, lines: list[OversoldLine]) -> tuple[list[OversoldLine], list[OversoldLine]]:
    """The lines to judge, and those that a marketplace alone caused."""
    if not lines or not (history.lags_ns or history.outages):
        return lines, []
    shelves = build_shelves(history, {line.sku for line in lines})
    syncs = history.sync_samples.fired.finite
    slack_ns = (quantile(syncs, 0.5) if syncs else 0.0) * 1e6 + SLACK_NS
    beyond = [line for line in lines if _shown_late(history, line) or _in_outage(history, shelves, line, slack_ns)]
    left = {(line.seq, line.sku) for line in beyond}
    return [line for line in lines if (line.seq, line.sku) not in left], beyond


def slowest_ms(history: History) -> float:
    """The slowest that an order and a listing took in this run, of those that arrived."""
    syncs = history.sync_samples_with_moot.fired.finite
    orders = [sample.latency_ms for sample in history.order_samples if math.isfinite(sample.latency_ms)]
    return max(syncs, default=0.0) + max(orders, default=0.0)


def excused_ns(history: History, channel: str, begin_ns: int, end_ns: int) -> int:
    """The time in this interval that is the marketplace's: its lag, and its outages."""
    away = history.absences.get(channel)
    return history.lags_ns.get(channel, 0) + (away.within(begin_ns, end_ns) if away is not None else 0)


def _shown_late(history: History, line: OversoldLine) -> bool:
    """Whether the marketplace had accepted fewer units than this line has, and still showed enough."""
    channel = line.sale.channel
    return channel in history.lags_ns and history.listings[channel, line.sku].listed_at(line.seq - 1) < line.wanted


def _in_outage(history: History, shelves: Mapping[str, Shelf], line: OversoldLine, slack_ns: float) -> bool:
    """Whether the units went while the marketplace that sold them was down, or too shortly before."""
    away = history.absences.get(line.sale.channel)
    begun_ns = away.begun_by(line.sale.at_ns) if away is not None else None
    shelf = shelves.get(line.sku)
    return (
        begun_ns is not None and shelf is not None and shelf.short_since(line.wanted, line.seq) >= begun_ns - slack_ns
    )
