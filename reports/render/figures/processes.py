"""Processes: health of the load generator, and CPU and memory of every process."""

from itertools import pairwise
from operator import attrgetter
from typing import Any, Final

from stockstorm.reports.render.downsample import bin_width_s, binned, thin_steps
from stockstorm.reports.render.figures.layout import (
    CHANNEL_COLOURS,
    DASHES,
    Figure,
    fault_labels,
    latency_axis,
    limit_line,
    line,
    phase_shapes,
    rounded,
    time_axis,
)
from stockstorm.reports.render.view import HistoryView, samples_by_process
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.simulator.clock import MILLISECOND_NS
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.limits import SCHEDULER_LATENESS_P99_MAX_NS

MEMORY_BINS: Final = 300  # of the time axis, because memory changes slowly


def generator(view: HistoryView) -> Figure | None:
    """Lateness and the longest event-loop gap above, connections below. A late generator makes answers style slow."""
    attempts = sorted(view.of(f.AttemptEnded), key=attrgetter("due_ns"))
    started = [attempt for attempt in attempts if attempt.started_ns]
    samples = view.of(f.GeneratorSampled)
    if not started and not samples:
        return None
    late = [max(0.01, (attempt.started_ns - attempt.free_ns) / MILLISECOND_NS) for attempt in started]
    due_s = view.all_seconds(attempt.due_ns for attempt in started)
    bins = binned(due_s, late, max(0.5, bin_width_s(view.end_s)))
    p99 = [quantile(values, 0.99) for values in bins.values()]
    at = [view.seconds(sample.at_ns) for sample in samples]
    gaps = [max(0.01, sample.hub_gap_max_ns / MILLISECOND_NS) for sample in samples]
    hover = "%{y:,.2f} ms at %{x:.1f} s"
    traces: list[dict[str, Any]] = [
        line("scheduler lateness, p99", list(bins), rounded(p99), "@c2", hovertemplate=hover)
    ]
    if samples:
        pool: dict[str, Any] = {"shape": "hv", "yaxis": "y2", "hovertemplate": "%{y:,}"}
        waiting = [sample.waiting_attempts for sample in samples]
        traces += [
            line("longest event-loop gap", at, rounded(gaps), "@c4", width=1.5, dash="dot", hovertemplate=hover),
            line("open connections", at, [sample.connections for sample in samples], "@c0", **pool),
            line("waiting for a connection", at, waiting, "@c1", dash="dash", **pool),
        ]
    limit_ms = SCHEDULER_LATENESS_P99_MAX_NS / MILLISECOND_NS
    shape, note = limit_line(limit_ms, f"above p99 {limit_ms:g} ms, speed is not judged")
    layout: dict[str, Any] = {
        "xaxis": time_axis(view, anchor="y2"),
        "yaxis": latency_axis("generator", 0.05, max([*p99, *gaps, limit_ms]) * 2.5, domain=[0.5, 1]),
        "yaxis2": {"title": {"text": "connections"}, "rangemode": "tozero", "domain": [0, 0.4]},
        "shapes": [*phase_shapes(view), shape],
        "annotations": [note, *fault_labels(view)],
    }
    caption = (
        "Lateness counts from when an attempt could start (it was due and a connection was free) until it started. "
        "Waiting for a connection is caused by the subject and counts as ack time."
    )
    return Figure("generator", "Health of the load generator", caption, traces, layout, 430)


def processes(view: HistoryView) -> Figure | None:
    """Cores in use. They show whether the machine was the bottleneck."""
    traces: list[dict[str, Any]] = []
    for number, (name, samples) in enumerate(samples_by_process(view).items()):
        cpu = thin_steps(*_cores(view, samples))
        drawn = line(name, rounded(cpu.xs), rounded(cpu.ys), hovertemplate="%{y:.2f} cores", **_style(number))
        traces.append(drawn)
    if not traces:
        return None
    cores_total = view.started.machine.get("cores")
    shared = f" They share a machine with {cores_total} cores." if cores_total else ""
    caption = f"Processor time used between samples, in cores (1 is one core busy all the time).{shared}"
    return Figure("processes", "CPU by process", caption, traces, _layout(view, "CPU (cores)"), 300)


def memory(view: HistoryView) -> Figure | None:
    """Resident memory of every process. A line that rises with the run shows a part that keeps what is done."""
    traces: list[dict[str, Any]] = []
    by_process = samples_by_process(view)
    for number, (name, samples) in enumerate(by_process.items()):
        at, held = [view.seconds(sample.at_ns) for sample in samples], [sample.rss_bytes / 1e6 for sample in samples]
        rss = thin_steps(at, held, MEMORY_BINS)
        drawn = line(name, rounded(rss.xs), rounded(rss.ys, 1), hovertemplate="%{y:,.0f} MB", **_style(number))
        traces.append(drawn)
    if not traces:
        return None
    caption = "Resident memory of every process that Stockstorm started, sampled once a second."
    if "postgres" in by_process:
        caption += " What PostgreSQL's processes share counts once, and grows until the shared buffers are full."
    return Figure("memory", "Memory of every process over time", caption, traces, _layout(view, "memory (MB)"), 340)


def _style(number: int) -> dict[str, Any]:
    return {"colour": CHANNEL_COLOURS[number % 8], "dash": DASHES[number % len(DASHES)]}


def _layout(view: HistoryView, title: str) -> dict[str, Any]:
    return {
        "xaxis": time_axis(view),
        "yaxis": {"title": {"text": title}, "rangemode": "tozero"},
        "shapes": phase_shapes(view),
        "annotations": fault_labels(view),
    }


def _cores(view: HistoryView, samples: list[f.ResourcesSampled]) -> tuple[list[float], list[float]]:
    at, cores = [], []
    for before, after in pairwise(samples):
        span = after.at_ns - before.at_ns
        if span > 0:
            at.append(view.seconds((before.at_ns + after.at_ns) // 2))
            cores.append(max(0, after.cpu_ns - before.cpu_ns) / span)
    return at, cores
