"""Versions of stock that a subject could confuse: reported after a later one, or within one second of another.

`updated_at` in a payload has whole seconds, so two versions of one second cannot be told apart by it.
"""

from collections.abc import Mapping
from itertools import islice
from operator import eq

import msgspec

from stockstorm.reports.history.deliveries import INVENTORY_TOPIC, NEVER_NS, Deliveries
from stockstorm.reports.history.ledgers import Ledger
from stockstorm.simulator.clock import SECOND_NS


class Overtaking(msgspec.Struct):
    """How often each case occurred."""

    overtaken: int = 0  # versions whose first report came after that of a later version
    repeated: int = 0  # versions that were reported again after a later one


def count_ties(ledgers: Mapping[str, Ledger], wall_offset_ns: int) -> int:
    """Versions in the same second as the one before. `wall_offset_ns`: wall time less the history's time."""
    ties = 0
    for ledger in ledgers.values():
        seconds = [(at_ns + wall_offset_ns) // SECOND_NS for at_ns in ledger.times_ns[1:]]
        ties += sum(map(eq, seconds, islice(seconds, 1, None)))
    return ties


def find_overtaking(deliveries: Deliveries, ledgers: Mapping[str, Ledger]) -> Overtaking:
    """Versions whose reports overtook each other. `ledgers`: where items have several locations. Ties are apart."""
    found = Overtaking()
    reported: dict[tuple[str, int], list[tuple[int, int, int]]] = {}
    for event in deliveries.events.values():
        if event.topic == INVENTORY_TOPIC:
            of_event = deliveries.by_event.get(event.event, ())
            first = deliveries.first_attempt_ns.get(event.event, NEVER_NS)
            last = first
            if len(of_event) > 1 or (of_event and len(of_event[0].attempts) > 1):
                last = max((one.attempts[-1].started_ns for one in of_event if one.attempts), default=first)
            place = ledgers[event.sku].place(event.version) if event.sku in ledgers else -1
            reported.setdefault((event.sku, place), []).append((event.version, first, last))
    for versions in reported.values():
        later = NEVER_NS
        for _, first, last in sorted(versions, reverse=True):
            found.overtaken += later < first < NEVER_NS
            found.repeated += first <= later < last < NEVER_NS
            later = min(later, first)
    return found
