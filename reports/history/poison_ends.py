"""Ends of processes that follow deliveries that nobody can process: proof that such a delivery harms everything else.

An *outage* is from an end that nobody planned until the process is ready again; a process that ends again while it
starts is in the same outage. One that follows such a delivery can be chance. So a kind of delivery counts only if each
outage began at once after one of them, each of them that met a ready process began one, and there are at least two.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from stockstorm.reports.history.deliveries import NEVER_NS, Delivery
from stockstorm.simulator.clock import MILLISECOND_NS
from stockstorm.simulator.history import facts as f

SOON_NS: Final = 600 * MILLISECOND_NS  # from the answer to the delivery until the end was noticed
OUTAGES_MIN: Final = 2


class Down(msgspec.Struct, frozen=True):
    """An outage of one process."""

    process: str
    begin_ns: int
    end_ns: int  # NEVER_NS: it was not ready any more


class PoisonEnds(msgspec.Struct, frozen=True):
    """Deliveries of one topic with one thing wrong in them, and the outages that they began."""

    deliveries: tuple[Delivery, ...]
    outages: tuple[Down, ...]


def find_poison_ends(
    ends: Sequence[f.ProcessEnded], recovered: Sequence[f.FaultEnded], poison: Iterable[Delivery]
) -> PoisonEnds | None:
    """The kind of delivery that began all outages; None if there is no such kind."""
    outages = _outages(ends, recovered)
    if len(outages) < OUTAGES_MIN:
        return None
    kinds: dict[tuple[str, str], list[Delivery]] = {}
    for delivery in poison:
        if delivery.attempts:
            kinds.setdefault((delivery.planned.topic, delivery.planned.forged), []).append(delivery)
    for deliveries in kinds.values():
        times = [delivery.attempts[0].at_ns for delivery in deliveries]
        met = [at_ns for at_ns in times if not any(down.begin_ns <= at_ns < down.end_ns for down in outages)]
        began = all(any(_soon(at_ns, down) for at_ns in times) for down in outages)
        if began and all(any(_soon(at_ns, down) for down in outages) for at_ns in met):
            return PoisonEnds(tuple(deliveries), outages)
    return None


def _outages(ends: Sequence[f.ProcessEnded], recovered: Sequence[f.FaultEnded]) -> tuple[Down, ...]:
    found: list[Down] = []
    for end in ends:
        before = [down for down in found if down.process == end.process]
        if before and end.at_ns < before[-1].end_ns:
            continue
        ready = (each.at_ns for each in recovered if each.target == end.process and each.at_ns >= end.at_ns)
        found.append(Down(end.process, end.at_ns, next(ready, NEVER_NS)))
    return tuple(found)


def _soon(at_ns: int, down: Down) -> bool:
    return 0 <= down.begin_ns - at_ns <= SOON_NS
