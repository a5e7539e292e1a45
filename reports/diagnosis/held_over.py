"""Nothing was written, and the service had received events with the same ids in an earlier run, and was not emptied.

Ids of events repeat with the seed. A service that still holds those of an earlier run takes all of them for duplicates.
Webhook ids repeat only as far as nothing that the service wrote came in between.
"""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.answers import attempts_of
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.history.reads import writes_stock
from stockstorm.reports.result import Diagnosis, counted
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import SHOPIFY

EVENTS_MIN: Final = 5
WRITES_ORDERS: Final = "orderCreate"


class HeldOver(Diagnose):
    name = "held_over"
    after = ("process_ended", "unreachable", "signature_check", "webhook_failures", "no_call")

    def __call__(self, case: Case) -> Iterator[Found]:
        earlier = case.history.started.earlier
        if not earlier or any(map(_writes, case.calls)):
            return
        events = case.history.deliveries.events
        taken = {one.planned.event for one, _ in attempts_of(case).accepted if one.planned.event in events}
        sold = sorted(number for number in taken if events[number].source != SHOPIFY)
        if len(sold) < EVENTS_MIN:
            return
        yield Found(
            Diagnosis(
                self.name,
                f"it acknowledged {counted(len(sold), 'event')} of marketplaces and wrote none of them to the shop; it "
                f"had received events with the same ids in run {earlier}, and was not emptied since",
                (
                    f"of its {counted(len(case.calls), 'call')} none tried to write stock or an order",
                    "ids of events repeat with the seed, so a service that remembers them takes these for duplicates",
                ),
                "give its subject file a `reset` that empties it, or empty it by hand before each run. To see whether "
                "it is this, run with another --seed",
                case.consequences(),
            ),
            frozenset(f"event {number}" for number in sold),
        )


def _writes(call: f.ApiCalled) -> bool:
    """Whether a call was meant to write stock or an order, whatever came of it."""
    return writes_stock(call.operation) or call.operation.startswith((WRITES_ORDERS, "REST POST orders"))
