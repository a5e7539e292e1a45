"""Stretches in which the subject calls one marketplace alone, is refused there, and leaves what waits for the others.

One that works for all marketplaces at once makes calls to the others, or to the shop, meanwhile. So it does not matter
what the calls are: pushes, or reads of orders that never come to an end.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Final, NamedTuple

from stockstorm.reports.diagnosis.case import Case
from stockstorm.reports.diagnosis.pauses import Pushes, begun_ns
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

STRETCH_MIN_NS: Final = 3 * SECOND_NS
CALLS_MIN: Final = 4  # of a stretch
REFUSED_MIN: Final = 1 / 3  # of its calls


class Stretch(NamedTuple):
    """`owed`: changes for others that came in its first half, and so could have been pushed in it."""

    channel: str
    begin_ns: int
    end_ns: int
    calls: int
    refused: int
    owed: int


def taken_up(case: Case, pushes: Mapping[str, Pushes]) -> dict[str, list[Stretch]]:
    """By marketplace, the longest in all first."""
    found: dict[str, list[Stretch]] = {}
    for one in _stretches(case, pushes):
        found.setdefault(one.channel, []).append(one)
    return dict(sorted(found.items(), key=lambda item: -sum(one.end_ns - one.begin_ns for one in item[1])))


def _stretches(case: Case, pushes: Mapping[str, Pushes]) -> Iterator[Stretch]:
    rows = [list(group) for _, group in groupby(sorted(case.calls, key=begun_ns), key=lambda call: call.api)]
    for row, after in pairwise(rows):
        stretch = _stretch(row, begun_ns(after[0]), pushes)
        if row[0].api in pushes and stretch is not None:
            yield stretch


def _stretch(row: Sequence[f.ApiCalled], end_ns: int, pushes: Mapping[str, Pushes]) -> Stretch | None:
    begin_ns, refused = begun_ns(row[0]), sum(call.outcome != "ok" for call in row)
    if len(row) < CALLS_MIN or end_ns - begin_ns < STRETCH_MIN_NS or refused < REFUSED_MIN * len(row):
        return None
    half_ns = (begin_ns + end_ns) // 2
    owed = sum(own.owed(begin_ns, half_ns) for channel, own in pushes.items() if channel != row[0].api)
    return Stretch(row[0].api, begin_ns, end_ns, len(row), refused, owed) if owed else None
