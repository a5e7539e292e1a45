"""Nobody answered at the subject's address for some time, outside of every planned fault."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.result import Diagnosis
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.history.attempt_errors import ATTEMPT_ERRORS, TURNED_AWAY, UNCONNECTED

REMEDIES: Final[Mapping[f.AttemptError, str]] = {
    "unknown_host": "check the host's name in the addresses of the subscriptions: the resolver of this machine does "
    "not know it",
    "no_route": "check the address, and the network between this machine and the service",
    "connect_refused": "start the service before the run, and give the address and port on which it listens; a full "
    "accept queue (backlog) refuses connections too",
    "tls_failed": "check the service's certificate: it must be valid for the host's name, and its issuer trusted here, "
    "as Shopify verifies it too; give an http address where the service has no TLS",
}


class Unreachable(Diagnose):
    name = "unreachable"
    after = ("process_ended",)

    def __call__(self, case: Case) -> Iterator[Found]:
        outages = case.incidents("unreachable")
        if not outages:
            return
        attempts = [attempt for delivery in case.genuine for attempt in delivery.attempts]
        unconnected = Counter(attempt.error for attempt in attempts if attempt.error in UNCONNECTED)
        away = [error for error, _ in unconnected.most_common() if error in TURNED_AWAY]
        if not away or 2 * sum(unconnected[error] for error in away) < unconnected.total():
            return  # who is too slow does not accept connections either: that is `slow_answers`
        history = case.history
        addresses = {fact.uri for fact in history.all(f.SubscriptionCreated)}
        addresses |= {fact.uri for fact in history.all(f.SubscriptionChanged)}
        yield Found(
            Diagnosis(
                self.name,
                f"{unconnected.total():,} of {len(attempts):,} attempts made no connection to the service: "
                f"{', '.join(ATTEMPT_ERRORS[error] for error in away)}",
                (
                    *(outage.text for outage in outages[:3]),
                    f"its addresses: {', '.join(sorted(addresses)[:4]) or 'unknown'}",
                ),
                "; ".join(REMEDIES[error] for error in away),
                case.consequences(),
                outages[0].at_ns,
            )
        )
