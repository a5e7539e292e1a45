"""The table of faults: when each was, and what it did to webhooks and listings. Figures name bands by its numbers."""

import math
from typing import Final

import msgspec
from markupsafe import Markup

from stockstorm.reports.formats import clock_text, duration_text
from stockstorm.reports.render.page import render
from stockstorm.reports.render.view import FaultSpan, RunView
from stockstorm.simulator.config import FaultTrigger, fault_label

_ON: Final[dict[FaultTrigger, str]] = {
    "time": "",
    "executed": ", a change executed and not answered",
    "acknowledged": ", an event acknowledged and not applied",
    "fetched": ", orders read and not applied",
}
Interval = tuple[float, float]  # seconds


class FaultRow(msgspec.Struct, frozen=True):
    """One fault, in words."""

    number: int
    name: str
    when: str
    clock: str
    lasted: str
    failed: str  # attempts that failed meanwhile
    stale: str  # the longest that a change of that time was missing on a listing
    back: str  # when every change of that time was shown


def faults(view: RunView) -> Markup:
    """Empty for a run without faults."""
    if not view.faults:
        return Markup("")
    changes = _changes(view)
    return render("report/faults.html", rows=[_row(view, span, changes) for span in view.faults])


def _changes(view: RunView) -> list[Interval] | None:
    """When each change was owed and when it was shown. None for a history that cannot be read so far."""
    try:
        return [(at, at + ms / 1000) for at, ms in zip(view.syncs.at_s, view.syncs.ms, strict=True)]
    except Exception:  # noqa: BLE001  # the checks name what is wrong with it, and the report must come out
        return None


def _row(view: RunView, span: FaultSpan, changes: list[Interval] | None) -> FaultRow:
    failed = sum(span.from_s <= at <= span.to_s for at in view.failures.at_s)
    meanwhile = [end for at, end in changes or () if span.from_s <= at <= span.to_s]
    longest_s = max((end - at for at, end in changes or () if span.from_s <= at <= span.to_s), default=0.0)
    return FaultRow(
        number=span.number,
        name=fault_label(span.name) + _ON[span.on],
        when=f"{span.from_s:.1f} to {span.to_s:.1f} s",
        clock=clock_text(view.started.wall_ns + span.begin_ns - view.started.at_ns),
        lasted=duration_text((span.to_s - span.from_s) * 1000),
        failed=f"{failed:,}",
        stale="unknown" if changes is None else _stale(longest_s, len(meanwhile)),
        back="unknown" if changes is None else _back(max(meanwhile, default=0.0), span.to_s, len(meanwhile)),
    )


def _stale(longest_s: float, changes: int) -> str:
    if not changes:
        return "no change was owed"
    return "never shown" if math.isinf(longest_s) else f"up to {duration_text(longest_s * 1000)}"


def _back(last_s: float, to_s: float, changes: int) -> str:
    if not changes:
        return "–"
    if math.isinf(last_s):
        return "never"
    return "before its end" if last_s <= to_s else f"{duration_text((last_s - to_s) * 1000)} after its end"
