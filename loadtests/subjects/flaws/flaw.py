"""What is declared of a flaw, and what several of them have in common."""

from typing import Final, Literal

import msgspec

Kind = Literal[
    "signatures", "deduplication", "order", "loss", "crash windows", "arithmetic", "writes", "pushes", "coverage",
    "conduct", "degradation", "installation", "polling",
]  # fmt: skip


class Flaw(msgspec.Struct, frozen=True, kw_only=True):
    """A deliberate mistake of the reference service, and what a run with it claims.

    A run of `scenario` on `subject` must fail every check in `must`, and no check outside `must` and `may`.
    """

    name: str
    kind: Kind
    mistake: str  # what it does, in one sentence
    must: frozenset[str]  # checks that find it
    may: dict[str, str]  # check that can fail as a consequence -> why
    diagnoses: frozenset[str] = frozenset()  # names of the diagnoses of which the first may be one
    says: tuple[str, ...] = ()  # words of which the first cause has one, where its name alone names no cause
    subjects: tuple[str, ...]  # architectures that can have it
    scenario: str = "proof"
    faults: tuple[str, ...] = ()  # `--fault` flags without which it has no effect
    safety_stock: int | None = None
    alone: bool = False  # other runs at the same time take the CPU of which its evidence is made
    guide_ref: str = ""  # row of the guide's table in docs/sources.md
    without: str = ""  # why its cause cannot be told of a service without probe and references
    out_of_reach: str = ""  # why it cannot be found from the outside; then it claims nothing

    def is_named_by(self, diagnosis: str, cause: str) -> bool:
        """Whether a first diagnosis names what was planted."""
        return diagnosis in self.diagnoses and (not self.says or any(words in cause for words in self.says))

    @property
    def subject(self) -> str:
        """The architecture that it is proven on."""
        return "queue-postgres" if "queue-postgres" in self.subjects else self.subjects[0]


OF_QUEUES: Final = ("queue-postgres",)
OF_RECEIVERS: Final = ("webhook", "queue-postgres", "queue-sqs", "queue-pubsub")
OF_WEBHOOKS: Final = (*OF_RECEIVERS, "bus-eventbridge", "bus-pubsub")
OF_POLLING: Final = ("polling",)

LATE: Final = "late updates leave listings stale for longer, so buyers see wrong quantities"
WRONG_STOCK: Final = {
    "drift": "master and listings differ by the units that were counted wrong",
    "applied_twice": "units that moved too often",
    "nothing_lost": "an acknowledged event without the effect that it should have",
    "sync_latency": "a listing with a wrong quantity owes its movement to the end",
    "order_latency": "the master never includes an order that was counted wrong",
    "oversell": "a listing that is too high offers units that do not exist",
    "refused_though_available": "a listing that is too low turns buyers away",
    "unexplained_push": "a wrong quantity fits no state of the master",
    "stale_overwrite": "a wrong quantity can equal an older state of the master",
    "crisis_time": LATE,
    "event_classes": "the effects of events that were counted wrong do not add up",
    "trend": "more and more listings wait for a quantity that never comes",
    "unheard": "changes that nobody heard of",
}
LATE_EFFECTS: Final = {
    "sync_latency": LATE,
    "order_latency": LATE,
    "oversell": LATE,
    "refused_though_available": LATE,
    "crisis_time": LATE,
    "stale_overwrite": LATE,
    "drift": "what is still under way when the run ends",
    "nothing_lost": "what is still under way when the run ends",
    "delivery": "deliveries are still pending when the run ends",
    "delivery_success": "answers after more than 5 s are timeouts, and retries run out",
    "ack_time": "answers are late as well",
    "trend": "what waits makes what comes later wait too",
    "memory": "what waits is held in memory",
    "descriptors": "what waits holds connections open",
}
NEVER_DELIVERED: Final = {
    **WRONG_STOCK,
    "delivery": "deliveries are repeated until the run ends",
    "delivery_success": "genuine deliveries are refused",
    "ack_time": "few deliveries are acknowledged at all",
}
FORGED_LEVEL: Final = {
    "stale_overwrite": "a forged stock level overwrites the true one",
    "unexplained_push": "a forged stock level was never a state of the master",
    "drift": "a forged stock level stays until the next true event of that SKU",
    "sync_latency": "a listing that shows a forged level owes its movement until the next true event",
    "order_latency": "a forged order hides a true one",
    "oversell": "a forged level offers units that do not exist",
    "refused_though_available": "a forged level can be lower than the truth",
    "crisis_time": LATE,
    "applied_twice": "a replayed body takes its units again",
    "event_classes": "a forged event has an effect that belongs to no event",
    "nothing_lost": "a forged cancellation takes the effect of a true order away",
}
RESTARTED: Final = {
    "ack_time": "no receiver answers between kill and restart",
    "delivery_success": "attempts between kill and restart fail and are retried",
}
CALLS: Final = {
    "retry_discipline": "calls are repeated too soon, or too often",
    "throttling": "more calls than the shop has query points for",
    "resources": "more calls need more of everything",
    "faults_met": "what the scenario makes fail is not met as it should be",
}


def without(consequences: dict[str, str], *checks: str) -> dict[str, str]:
    """The consequences without checks that must fail."""
    return {check: why for check, why in consequences.items() if check not in checks}
