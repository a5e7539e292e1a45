"""Ends of processes that follow deliveries that nobody can process: proof that such a delivery harms everything else.

Two ends in a run can follow two such deliveries by chance. So a kind of delivery counts only if each of them was followed
by an end, each end that nobody planned followed one of them, and there are at least three.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from stockstorm.reports.history.deliveries import Delivery
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history import facts as f

SOON_NS: Final = 3 * SECOND_NS // 2  # from the answer to the delivery until the end was noticed
ENDS_MIN: Final = 3


class PoisonEnds(msgspec.Struct, frozen=True):
    """Deliveries of one topic with one thing wrong in them, and the ends that followed them."""

    deliveries: tuple[Delivery, ...]
    ends: tuple[f.ProcessEnded, ...]


def find_poison_ends(ends: Sequence[f.ProcessEnded], poison: Iterable[Delivery]) -> PoisonEnds | None:
    """The kind that all ends follow; None if there is no such kind."""
    if len(ends) < ENDS_MIN:
        return None
    kinds: dict[tuple[str, str], list[Delivery]] = {}
    for delivery in poison:
        if delivery.attempts:
            kinds.setdefault((delivery.planned.topic, delivery.planned.forged), []).append(delivery)
    for deliveries in kinds.values():
        times = [delivery.attempts[0].at_ns for delivery in deliveries]
        follow = all(any(_soon(at_ns, end) for at_ns in times) for end in ends)
        if follow and all(any(_soon(at_ns, end) for end in ends) for at_ns in times):
            return PoisonEnds(tuple(deliveries), tuple(ends))
    return None


def _soon(at_ns: int, end: f.ProcessEnded) -> bool:
    return 0 <= end.at_ns - at_ns <= SOON_NS
