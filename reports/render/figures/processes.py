"""CPU and memory of every process that took part, so that a shared machine's bottleneck can be seen."""

from collections import defaultdict
from itertools import pairwise
from typing import Any

from stockstorm.reports.render.downsample import thin_steps
from stockstorm.reports.render.figures import Figure
from stockstorm.reports.render.figures.layout import CHANNEL_COLOURS, DASHES, line, phase_shapes, rounded, time_axis
from stockstorm.reports.render.view import RunView
from stockstorm.simulator.history import facts as f


def processes(view: RunView) -> Figure | None:
    """Cores in use above, resident memory below."""
    by_process: defaultdict[str, list[f.ResourcesSampled]] = defaultdict(list)
    for sample in view.of(f.ResourcesSampled):
        by_process[sample.process].append(sample)
    traces: list[dict[str, Any]] = []
    for number, (name, samples) in enumerate(by_process.items()):
        style = {"colour": CHANNEL_COLOURS[number % 8], "dash": DASHES[number % len(DASHES)], "legendgroup": name}
        at, cores = _cores(view, samples)
        memory = [sample.rss_bytes / 1e6 for sample in samples]
        cpu, rss = thin_steps(at, cores), thin_steps([view.seconds(s.at_ns) for s in samples], memory)
        traces.append(line(name, rounded(cpu.xs), rounded(cpu.ys), hovertemplate="%{y:.2f} cores", **style))
        traces.append(
            line(
                name,
                rounded(rss.xs),
                rounded(rss.ys, 1),
                yaxis="y2",
                showlegend=False,
                hovertemplate="%{y:,.0f} MB",
                **style,
            )
        )
    if not traces:
        return None
    layout: dict[str, Any] = {
        "xaxis": time_axis(view, anchor="y2"),
        "yaxis": {"title": {"text": "CPU (cores)"}, "rangemode": "tozero", "domain": [0.55, 1]},
        "yaxis2": {"title": {"text": "memory (MB)"}, "rangemode": "tozero", "domain": [0, 0.45]},
        "shapes": phase_shapes(view),
        "annotations": [],
    }
    machine = view.started.machine
    owned = machine.get("cores")
    shared = f" They share a machine of {owned} cores." if owned else ""
    caption = (
        f"Processor time used between samples, in cores (1 is one core busy all the time), and resident memory.{shared}"
    )
    return Figure("processes", "CPU and memory by process", caption, traces, layout, 430)


def _cores(view: RunView, samples: list[f.ResourcesSampled]) -> tuple[list[float], list[float]]:
    at, cores = [], []
    for before, after in pairwise(samples):
        span = after.at_ns - before.at_ns
        if span > 0:
            at.append(view.seconds((before.at_ns + after.at_ns) // 2))
            cores.append(max(0, after.cpu_ns - before.cpu_ns) / span)
    return at, cores
