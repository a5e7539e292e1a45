"""Descriptors: whether a process of the subject opens files and connections without end.

It sees what no API sees: connections to a database or a cache, files, pipes. The first third of the load is left out,
as for memory. A process leaks if its descriptors grow by at least GROWTH_MIN, in both halves of the time, without
falling, and if it keeps them after the load. As many as Stockstorm's own connections to the subject grew by meanwhile
are not the subject's doing, nor are those that timed out: a subject that has not got to them does not know.

A smaller growth that is just as steady, from DOUBT_MIN on, may be a leak or a pool that fills slowly. A longer run
tells, so the check is unknown until then.
"""

from typing import Final

import msgspec

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.checkers.memory import SAMPLES_MAX, late_samples, least_after_load
from stockstorm.reports.history import History
from stockstorm.reports.history.acks import TIMEOUTS
from stockstorm.reports.result import Check, Incident, Tally
from stockstorm.reports.statistics.slopes import Sample, fall, is_steady, slope, thinned
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

GROWTH_MIN: Final = 100  # pools of connections to a database are smaller
DOUBT_MIN: Final = 20
FALL_MAX: Final = 0.25  # of the growth; what is collected some time later falls by more


class Held(msgspec.Struct, frozen=True):
    """The descriptors of one process over time. `ours`: by how much Stockstorm's own grew meanwhile."""

    process: str
    samples: list[Sample]
    ours: int
    rest: float | None = None  # the fewest after the load; None: they were not counted then

    @property
    def seconds(self) -> float:
        return self.samples[-1][0] - self.samples[0][0]

    @property
    def growth(self) -> float:
        """Descriptors over the whole time, by the median slope, without what is not the subject's doing."""
        return max(0.0, slope(self.samples) * self.seconds - self.ours)

    @property
    def kept(self) -> float:
        """Descriptors of the growth that it did not close after the load."""
        return self.growth if self.rest is None else min(self.growth, self.rest - self.samples[0][1])

    @property
    def leaks(self) -> bool:
        """Whether the growth is large, steady and kept."""
        return self.kept >= GROWTH_MIN and self._is_steady

    @property
    def may_leak(self) -> bool:
        """Whether a smaller growth is steady and kept."""
        return self.kept >= DOUBT_MIN and self._is_steady

    @property
    def _is_steady(self) -> bool:
        return fall(self.samples) <= FALL_MAX * self.growth and is_steady(self.samples)


class Descriptors(Checker):
    name = "descriptors"
    level = "acknowledgement"
    measures = (
        Measure(
            "descriptors.growth.max",
            "growth of open descriptors, most",
            "count",
            "most growth of the open files and connections of a process after the first third of the load",
        ),
        Measure(
            "descriptors.max", "descriptors open, most", "count", "most files and connections of a process at once"
        ),
    )

    def __call__(self, history: History) -> Check:
        tally, held = Tally(), held_descriptors(history)
        if not held:
            return tally.check(
                self.name, "not_exercised", "the descriptors of no process were counted for long enough", {}
            )
        for one in held:
            if one.leaks:
                tally.add(_incident(history, one))
        most = max(held, key=lambda one: one.growth)
        measures = {
            "descriptors.growth.max": most.growth,
            "descriptors.max": max(level for one in held for _, level in one.samples),
        }
        reason = f"{most.process} had {most.growth:,.0f} more files and connections open after {most.seconds:.0f} s"
        if tally.total:
            return tally.check(self.name, "invalid", reason, measures)
        if doubtful := [one for one in held if one.may_leak]:
            most = max(doubtful, key=lambda one: one.kept)
            reason = (
                f"{most.process} had {most.growth:,.0f} more files and connections open after {most.seconds:.0f} s, "
                "and closed hardly any: a leak, or a pool that fills slowly. A longer run tells"
            )
            return tally.check(self.name, "unknown", reason, measures)
        return tally.check(self.name, "valid", reason, measures)

    def exposure(self, history: History) -> dict[str, int]:
        held = held_descriptors(history)
        return {"seconds of open descriptors observed": int(max((one.seconds for one in held), default=0))}


def held_descriptors(history: History) -> list[Held]:
    """Every process whose descriptors were counted for long enough."""
    found = []
    for process, samples in late_samples(history).items():
        levels = [(one.at_ns / SECOND_NS, float(one.descriptors)) for one in samples if one.descriptors]
        if len(levels) == len(samples):
            rest = least_after_load(history, process, lambda one: float(one.descriptors))
            found.append(Held(process, thinned(levels, SAMPLES_MAX), _own_growth(history, samples), rest))
    return found


def _own_growth(history: History, samples: list[f.ResourcesSampled]) -> int:
    """By how much Stockstorm's connections to the subject grew, at most, while these samples were taken.

    Those that it gave up meanwhile may still be open on the other side.
    """
    first, last = samples[0].at_ns - SECOND_NS, samples[-1].at_ns + SECOND_NS
    counts = [one.connections for one in history.all(f.GeneratorSampled) if first <= one.at_ns <= last]
    left = sum(one.error in TIMEOUTS and first <= one.at_ns <= last for one in history.all(f.AttemptEnded))
    return left + (max(counts) - min(counts) if counts else 0)


def _incident(history: History, one: Held) -> Incident:
    (first_s, first), (last_s, last) = one.samples[0], one.samples[-1]
    at_ns = int(first_s * SECOND_NS)
    text = (
        f"{one.process} had {first:,.0f} files and connections open at {history.offset(at_ns)} and {last:,.0f} at "
        f"{history.offset(int(last_s * SECOND_NS))}, and closed hardly any in between"
    )
    return Incident("descriptors_left_open", at_ns, text, details={"process": one.process})
