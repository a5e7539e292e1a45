"""Connections: whether the subject opens connections to the APIs without end, and leaves them open.

The simulated APIs see every connection, and never close an idle one. A sound client takes an idle connection before it
opens another, so it holds no more than it uses at once. The subject *leaks* if the idle connections grow by at least
GROWTH_MIN, in both halves of the time after the first third of the load and without falling, to more than POOL_MAX and
more than USED_TIMES as many as ever carried a request within one second. It leaks too if all that the server accepts
are open and so few are used. What was before a fault is left out.
"""

from typing import Final

import msgspec

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.history import History
from stockstorm.reports.result import Check, Incident, Tally
from stockstorm.reports.statistics.slopes import Sample, fall, is_steady, slope, thinned
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.limits import API_CONNECTIONS_MAX

SAMPLES_MIN: Final = 6
SAMPLES_MAX: Final = 120  # of which the slope is computed; more are thinned out
SECONDS_MIN: Final = 5.0
GROWTH_MIN: Final = 20
POOL_MAX: Final = 50  # connections that a pool may keep; one that is filled little by little looks like a leak
USED_TIMES: Final = 2
FALL_MAX: Final = 0.25  # of the growth; connections that are collected some time later fall by more
SETTLED_NS: Final = 2 * SECOND_NS  # after a fault


class Opened(msgspec.Struct, frozen=True):
    """The subject's idle connections over time, and the most that were open, and in use."""

    idle: list[Sample]
    open_max: int
    used_max: int

    @property
    def seconds(self) -> float:
        return self.idle[-1][0] - self.idle[0][0] if self.idle else 0.0

    @property
    def told(self) -> bool:
        """Whether there are enough samples for a slope."""
        return len(self.idle) >= SAMPLES_MIN and self.seconds >= SECONDS_MIN

    @property
    def growth(self) -> float:
        """Connections over the whole time, by the median slope."""
        return max(0.0, slope(self.idle) * self.seconds) if self.told else 0.0

    @property
    def leaks(self) -> bool:
        """Whether the growth is steady and beyond what is in use, or nothing more can be opened."""
        bound = max(POOL_MAX, USED_TIMES * self.used_max + GROWTH_MIN)
        if self.open_max >= API_CONNECTIONS_MAX > bound:
            return True
        large = self.told and self.idle[-1][1] > bound and self.growth >= GROWTH_MIN
        return large and is_steady(self.idle) and fall(self.idle) <= FALL_MAX * self.growth


class Connections(Checker):
    name = "connections"
    level = "acknowledgement"
    measures = (
        Measure(
            "connections.growth",
            "growth of idle connections",
            "count",
            "growth of the idle connections to the APIs after the first third of the load",
        ),
        Measure("connections.open.max", "connections open, most", "count", "most connections open to the APIs at once"),
        Measure(
            "connections.used.max",
            "connections in use, most",
            "count",
            "most connections to the APIs that carried a request within one second",
            more_is_worse=None,
        ),
    )

    def __call__(self, history: History) -> Check:
        tally, opened = Tally(), opened_connections(history)
        if not (opened.open_max or opened.used_max) or not (opened.told or opened.leaks):
            reason = f"no connection to an API was observed for {SECONDS_MIN:.0f} s after the first third of the load"
            return tally.check(self.name, "not_exercised", reason, {})
        measures = {
            "connections.growth": opened.growth,
            "connections.open.max": float(opened.open_max),
            "connections.used.max": float(opened.used_max),
        }
        reason = (
            f"at most {opened.open_max:,} open, of which at most {opened.used_max:,} carried a request in one second; "
            f"{opened.growth:,.0f} more were idle after {opened.seconds:.0f} s"
        )
        if opened.leaks:
            tally.add(_incident(history, opened))
        return tally.check(self.name, "invalid" if tally.total else "valid", reason, measures)

    def exposure(self, history: History) -> dict[str, int]:
        return {"seconds of open connections observed": int(opened_connections(history).seconds)}


def opened_connections(history: History) -> Opened:
    """What the samples of the load show."""
    end_ns = history.start_ns + history.load_ns
    samples = [
        one for one in history.all(f.GeneratorSampled) if one.api_connections is not None and one.at_ns <= end_ns
    ]
    faults = (interval.end_ns + SETTLED_NS for interval in history.fault_intervals)
    begin_ns = max([history.start_ns + history.load_ns // 3, *faults])
    idle = [(one.at_ns / SECOND_NS, float(one.api_idle)) for one in samples if one.at_ns >= begin_ns]
    return Opened(
        thinned(idle, SAMPLES_MAX),
        max((one.api_connections or 0 for one in samples), default=0),
        max((one.api_used for one in samples), default=0),
    )


def _incident(history: History, opened: Opened) -> Incident:
    first, last = opened.idle[0] if opened.idle else (0.0, 0.0), opened.idle[-1] if opened.idle else (0.0, 0.0)
    at_ns = int(first[0] * SECOND_NS) or history.start_ns
    text = (
        f"the subject had {last[1]:,.0f} idle connections to the APIs at {history.offset(int(last[0] * SECOND_NS))} "
        f"and {first[1]:,.0f} at {history.offset(at_ns)}, and never used more than {opened.used_max:,} in one second"
    )
    if opened.open_max >= API_CONNECTIONS_MAX:
        text += f"; no more than {API_CONNECTIONS_MAX:,} are accepted"
    return Incident("connections_left_open", at_ns, text)
