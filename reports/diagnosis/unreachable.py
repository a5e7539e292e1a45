"""Nobody answered at the subject's address for some time, outside of every planned fault."""

from collections.abc import Iterator

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.result import Diagnosis
from stockstorm.simulator.history import facts as f

UNCONNECTED = frozenset({"connect_refused", "connect_timeout"})


class Unreachable(Diagnose):
    name = "unreachable"
    after = ("process_ended",)

    def __call__(self, case: Case) -> Iterator[Found]:
        outages = case.incidents("unreachable")
        if not outages:
            return
        attempts = [attempt for delivery in case.genuine for attempt in delivery.attempts]
        unconnected = [attempt for attempt in attempts if attempt.error in UNCONNECTED]
        refused = sum(attempt.error == "connect_refused" for attempt in attempts)
        if 2 * refused < len(unconnected) or not unconnected:
            return  # who is too slow does not accept connections either: that is `slow_answers`
        history = case.history
        addresses = {fact.uri for fact in history.all(f.SubscriptionCreated)}
        addresses |= {fact.uri for fact in history.all(f.SubscriptionChanged)}
        yield Found(
            Diagnosis(
                self.name,
                f"{len(unconnected):,} of {len(attempts):,} connections to the service were refused",
                (
                    *(outage.text for outage in outages[:3]),
                    f"its addresses: {', '.join(sorted(addresses)[:4]) or 'unknown'}",
                ),
                "start the service before the run, and give the address and port on which it listens; a full accept "
                "queue (backlog) refuses connections too",
                case.consequences(),
                outages[0].at_ns,
            )
        )
