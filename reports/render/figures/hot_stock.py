"""The hottest SKU: what every channel showed, the physical stock, and every oversold order."""

from typing import Any

from stockstorm.reports.render.downsample import thin_steps
from stockstorm.reports.render.figures.layout import (
    CHANNEL_COLOURS,
    DASHES,
    Figure,
    dots,
    label,
    line,
    phase_labels,
    phase_shapes,
    time_axis,
)
from stockstorm.reports.render.view import HistoryView
from stockstorm.reports.result import counted
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import ONLINE, SHELF_CAUSES

Steps = list[tuple[float, float]]
Oversold = list[tuple[float, float, int, str]]  # seconds, units left, units oversold, channel


def hot_stock(view: HistoryView) -> Figure | None:
    """Step lines of listings, master and physical stock, in the order of the facts."""
    sku, why = view.hottest_sku
    stocked = next((fact for fact in view.of(f.ItemStocked) if fact.sku == sku), None)
    if stocked is None:
        return None
    physical, oversold = _physical(view, sku, stocked.available)
    traces: list[dict[str, Any]] = []
    names = [channel for channel in view.channels if channel != ONLINE]
    thinned = False
    series = [(f"listed on {name}", _listing(view, sku, name, stocked.available)) for name in names]
    series.append(("master available (own store)", _master(view, sku, stocked.available)))
    for number, (name, steps) in enumerate(series):
        drawn = thin_steps([x for x, _ in steps], [y for _, y in steps])
        thinned |= len(drawn.xs) < drawn.total
        colour, dash = CHANNEL_COLOURS[number % 8], DASHES[number % len(DASHES)]
        traces.append(
            line(name, drawn.xs, drawn.ys, colour, width=1.6, dash=dash, shape="hv", hovertemplate="%{y} at %{x:.2f} s")
        )
    real = thin_steps([x for x, _ in physical], [y for _, y in physical])
    # Drawn last, so that no listing covers it, and listed first in the legend.
    traces.append(
        line(
            "physical stock", real.xs, real.ys, "@ink",
            width=3, shape="hv", hovertemplate="%{y} at %{x:.2f} s", legendrank=1,
        )
    )  # fmt: skip
    if oversold:
        traces.append(_marks(oversold))
    layout: dict[str, Any] = {
        "xaxis": time_axis(view, range=[0, _until(view, physical)]),
        "yaxis": {"title": {"text": f"units of {label(sku)}"}, "zeroline": True},
        "shapes": phase_shapes(view),
        "annotations": phase_labels(view),
    }
    caption = f"{sku} {why}. " + _caption(physical, oversold, _until(view, physical) < view.end_s, thinned)
    return Figure("hot_stock", "Stock of the hottest SKU", caption, traces, layout, 480)


def _caption(physical: Steps, oversold: Oversold, cut: bool, thinned: bool) -> str:
    units = sum(units for _, _, units, _ in oversold)
    sold = f"{counted(len(oversold), 'order')}, {counted(units, 'unit')}"
    parts = [
        "A listing above the thick line shows units that do not exist. Each ✕ is an order that sold some of them:",
        f"{sold}.",
    ]
    if any(left < 0 for _, left in physical):
        parts.append("Below 0 the thick line counts units that are owed to buyers and do not exist.")
    if cut:
        parts.append("The axis ends soon after the last stock movement. A double click shows the whole run.")
    if thinned:
        parts.append("Steps are reduced to the first, lowest, highest and last of each pixel column.")
    return " ".join(parts)


def _until(view: HistoryView, physical: Steps) -> float:
    """End of the axis in seconds: soon after the last movement, since a long flat line would compress the sale."""
    last = physical[-2][0] if len(physical) > 2 else view.end_s
    return min(view.end_s, last * 1.15 + 1)


def _marks(oversold: Oversold) -> dict[str, Any]:
    size = 9 if len(oversold) < 60 else 5
    texts = [label(f"{units} oversold on {channel}") for _, _, units, channel in oversold]
    return dots(
        "oversell", [x for x, _, _, _ in oversold], [y for _, y, _, _ in oversold], "@invalid",
        symbol="x", size=size, text=texts, hovertemplate="%{text} at %{x:.2f} s<extra></extra>",
    )  # fmt: skip


def _physical(view: HistoryView, sku: str, initial: int) -> tuple[Steps, Oversold]:
    moves: list[tuple[int, int]] = []
    oversold: Oversold = []
    for sale in view.sales_of(sku):
        for name, quantity, before in zip(sale.skus, sale.quantities, sale.physical_before, strict=True):
            if name != sku:
                continue
            moves.append((sale.at_ns, -quantity))
            units = quantity - min(quantity, max(0, before))
            if units:
                oversold.append((view.seconds(sale.at_ns), before - quantity, units, sale.channel))
    for cancelled in view.of(f.OrderCancelled):
        moves += [
            (cancelled.at_ns, n) for name, n in zip(cancelled.skus, cancelled.quantities, strict=True) if name == sku
        ]
    for returned in view.of(f.OrderReturned):
        if returned.restocked:
            moves += [
                (returned.at_ns, n) for name, n in zip(returned.skus, returned.quantities, strict=True) if name == sku
            ]
    moves += [(c.at_ns, c.delta) for c in view.of(f.StockChanged) if c.sku == sku and c.cause in SHELF_CAUSES]
    moves.sort(key=lambda move: move[0])
    steps: Steps = [(0.0, initial)]
    for at_ns, delta in moves:
        steps.append((view.seconds(at_ns), steps[-1][1] + delta))
    return _to_end(view, steps), oversold


def _master(view: HistoryView, sku: str, initial: int) -> Steps:
    changes = [(view.seconds(c.at_ns), float(c.available)) for c in view.of(f.StockChanged) if c.sku == sku]
    return _to_end(view, [(0.0, initial), *changes])


def _listing(view: HistoryView, sku: str, channel: str, initial: int) -> Steps:
    shown = max(0, initial - view.started.safety_stock)
    listing = view.history.listings.get((channel, sku))
    moves: list[tuple[int, int | None, int]] = [
        (p.at_ns, p.quantity, 0) for p in (listing.pushes if listing is not None else ())
    ]
    for sale in view.sales_of(sku):
        if sale.channel == channel:
            moves += [(sale.at_ns, None, q) for name, q in zip(sale.skus, sale.quantities, strict=True) if name == sku]
    steps: Steps = [(0.0, shown)]
    for at_ns, pushed, sold in sorted(moves, key=lambda move: move[0]):
        shown = shown - sold if pushed is None else pushed
        steps.append((view.seconds(at_ns), shown))
    return _to_end(view, steps)


def _to_end(view: HistoryView, steps: Steps) -> Steps:
    return [*steps, (view.end_s, steps[-1][1])]
