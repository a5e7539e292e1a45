"""Fewer points for a figure: extremes are kept, and a note states how many points were left out."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import islice, pairwise
from operator import gt
from typing import Final

import msgspec

Interval = tuple[float, float]  # begin and end, in seconds

POINTS_MAX: Final = 2_500
STEP_BINS: Final = 1_200
BINS_MAX: Final = 120
_NICE: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600)


class Thinned(msgspec.Struct, frozen=True):
    """The points to draw of a series of `total` points."""

    xs: list[float]
    ys: list[float]
    total: int

    def note(self, what: str) -> str:
        """A sentence for the caption. Empty when every point is drawn."""
        if len(self.xs) == self.total:
            return ""
        return f"{len(self.xs):,} of {self.total:,} {what} drawn: an even sample and all of the highest."


def thin_points(xs: Sequence[float], ys: Sequence[float], keep: int = POINTS_MAX) -> Thinned:
    """About `keep` points of a scatter plot: every k-th by position, plus the highest, a tenth of `keep`."""
    total = len(xs)
    if total <= keep:
        return Thinned(list(xs), list(ys), total)
    highest = sorted(range(total), key=ys.__getitem__)[-keep // 10 :]
    step = total / (keep - len(highest))
    chosen = sorted({*highest, *(int(n * step) for n in range(keep - len(highest)))})
    return Thinned([xs[n] for n in chosen], [ys[n] for n in chosen], total)


def thin_steps(xs: Sequence[float], ys: Sequence[float], bins: int = STEP_BINS) -> Thinned:
    """First, lowest, highest and last value of each bin of a step line, which looks the same at `bins` pixels."""
    total = len(xs)
    if total <= 4 * bins:
        return Thinned(list(xs), list(ys), total)
    width = (xs[-1] - xs[0]) / bins or 1.0
    chosen: set[int] = set()
    start = 0
    while start < total:
        number = int((xs[start] - xs[0]) / width)
        end = bisect_right(xs, number, start, key=lambda x: int((x - xs[0]) / width))
        group = range(start, end)
        chosen |= {start, end - 1, min(group, key=ys.__getitem__), max(group, key=ys.__getitem__)}
        start = end
    kept = sorted(chosen)
    return Thinned([xs[n] for n in kept], [ys[n] for n in kept], total)


def bin_width_s(span_s: float) -> float:
    """A round width that divides the span into at most `BINS_MAX` bins."""
    return next((width for width in _NICE if span_s / width <= BINS_MAX), span_s / BINS_MAX)


def binned(xs: Sequence[float], ys: Sequence[float], width: float) -> dict[float, list[float]]:
    """Sorted values by the middle of their bin, in order of time."""
    if not _ascends(xs):
        pairs = sorted(zip(xs, ys, strict=True))
        xs, ys = [x for x, _ in pairs], [y for _, y in pairs]
    found, start = {}, 0
    while start < len(xs):
        number = math.floor(xs[start] / width)
        end = bisect_right(xs, number, start, key=lambda x: math.floor(x / width))
        found[(number + 0.5) * width] = sorted(ys[start:end])
        start = end
    return found


def _ascends(xs: Sequence[float]) -> bool:
    return not any(map(gt, xs, islice(xs, 1, None)))


def rates(xs: Sequence[float], width: float, last: float) -> tuple[list[float], list[float]]:
    """Middles of all bins from 0 to `last`, and the number of `xs` in each per unit of x."""
    bins = max(1, math.ceil(last / width))
    ordered = xs if _ascends(xs) else sorted(xs)
    # A search for each bin takes less than a visit to each of many events.
    edges = [bisect_left(ordered, number, key=lambda x: math.floor(x / width)) for number in range(bins + 1)]
    counts = [end - start for start, end in pairwise(edges)]
    return [(n + 0.5) * width for n in range(bins)], [count / width for count in counts]


def open_at(intervals: Sequence[Interval], end_s: float) -> list[tuple[float, int]]:
    """How many intervals are open from each moment on, from 0 to `end_s`. One that never ends stays open."""
    begins = sorted([begin for begin, _ in intervals])
    ends = sorted([end for _, end in intervals if end < end_s])
    begun, ended, last, steps = 0, 0, -math.inf, []
    begins_left, ends_left = [*begins, math.inf], [*ends, math.inf]
    for at in sorted([0.0, *begins, *ends]):
        if at != last:
            # One by one, since few have the same time: a bisection would take several times as long.
            while begins_left[begun] <= at:
                begun += 1
            while ends_left[ended] <= at:
                ended += 1
            steps.append((at, begun - ended))
            last = at
    return [*steps, (end_s, len(begins) - len(ends))]


def thinned_open(intervals: Sequence[Interval], end_s: float) -> Thinned:
    """The same as steps to draw. `total` is 0 without intervals."""
    steps = open_at(intervals, end_s)
    drawn = thin_steps([at for at, _ in steps], [count for _, count in steps])
    return drawn if intervals else Thinned(drawn.xs, drawn.ys, 0)
