"""The table beside the figure of memory: what every process held, and how much that grew with the events of the run."""

import statistics
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

import msgspec
from markupsafe import Markup

from stockstorm.reports.render.page import render
from stockstorm.reports.render.view import RunView, samples_by_process
from stockstorm.simulator.history import facts as f

UNIT_EVENTS: Final = 100_000
EVENTS_MIN: Final = 10_000  # between the two spans; below, start-up and caches that fill outweigh any growth
SAMPLES_MIN: Final = 5  # in each span
SPANS: Final = ((0.5, 0.65), (0.85, 1.0))  # shares of the load that are compared, after the start-up
HEAD: Final = ("process", "first (MB)", "last (MB)", "most (MB)", f"growth (MB per {UNIT_EVENTS:,} events)")


class MemoryRow(msgspec.Struct, frozen=True):
    """One process, in MB, over the load and after it."""

    process: str
    first: str
    last: str
    most: str
    growth: str


def memory(view: RunView) -> Markup:
    """One row for each process that was sampled."""
    rows = [_row(view, name, samples) for name, samples in samples_by_process(view).items()]
    return render("report/memory.html", head=HEAD, rows=rows)


def _row(view: RunView, name: str, samples: Sequence[f.ResourcesSampled]) -> MemoryRow:
    held = [sample.rss_bytes / 1e6 for sample in samples]
    restarted = len({seen.pid for seen in view.of(f.ProcessSeen) if seen.process == name}) > 1
    grown = None if restarted else growth_mb(view, samples)
    said = "restarted" if restarted else "too few events" if grown is None else f"{grown:+.1f}"
    return MemoryRow(name, f"{held[0]:,.0f}", f"{held[-1]:,.0f}", f"{max(held):,.0f}", said)


def growth_mb(view: RunView, samples: Sequence[f.ResourcesSampled]) -> float | None:
    """MB gained for each `UNIT_EVENTS` events in the second half of the load: medians of two spans, compared.

    None when the spans have too few samples, or too few events lie between them.
    """
    start_ns, length_ns = view.started.at_ns, view.load_end_s * 1e9
    spans = [
        [sample for sample in samples if low <= (sample.at_ns - start_ns) / length_ns <= high] for low, high in SPANS
    ]
    if min(map(len, spans)) < SAMPLES_MIN:
        return None
    events = view.of(f.EventFired)
    early, late = (
        bisect_right(events, statistics.median(sample.at_ns for sample in span), key=lambda event: event.at_ns)
        for span in spans
    )
    if late - early < EVENTS_MIN:
        return None
    before, after = (statistics.median(sample.rss_bytes for sample in span) for span in spans)
    return (after - before) / 1e6 / (late - early) * UNIT_EVENTS
