"""One thing that was compared: a check, a count or a timing."""

from typing import Literal

import msgspec

from stockstorm.reports.formats import measure_name
from stockstorm.reports.result import Incident
from stockstorm.reports.statistics.shift import Shift

Change = Literal["regressed", "improved", "same", "unknown"]


class Compared(msgspec.Struct, frozen=True):
    """`before`, `after`: its value in each run; of a check, whether the run failed it."""

    name: str  # of the measure or check
    kind: Literal["check", "count", "timing"]
    change: Change
    reason: str
    before: tuple[float, ...]
    after: tuple[float, ...]
    shift: Shift | None = None  # of a timing
    incidents: tuple[Incident, ...] = ()  # of the runs after, where it regressed
    by_machine: bool = False  # a timing's shift is the one of its values by the machine's yardstick
    decides: bool = False  # without an answer to it, the whole is unknown
    noise: float = 0.0  # of a timing: the share by which it must change to count


def title(one: Compared) -> str:
    """A measure's or check's name in words."""
    if one.kind == "check":
        return one.name.replace("_", " ")
    label = measure_name(one.name)
    if label != one.name or not one.name.startswith("resources."):
        return label
    _, process, kind = one.name.split(".")
    return f"{process}, {'CPU for each webhook' if kind == 'cpu_ms' else kind}"


def percent(factor: float) -> str:
    """A factor as the change that it is."""
    return f"{(factor - 1) * 100:+.1f} %"
