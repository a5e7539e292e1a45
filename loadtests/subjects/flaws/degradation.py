"""The flaws of the class degradation."""

from typing import Final

from stockstorm.loadtests.subjects.flaws.flaw import LATE_EFFECTS, OF_RECEIVERS, OF_WEBHOOKS, WRONG_STOCK, Flaw, without

DECLARED: Final = (
    Flaw(
        name="slow_handler",
        kind="degradation",
        mistake="the event is processed inside the request, with a slow step",
        must=frozenset({"ack_time"}),
        may=without({**LATE_EFFECTS, **WRONG_STOCK}, "ack_time"),
        subjects=OF_RECEIVERS,
        guide_ref="C1",
        scenario="slow_handler",
        diagnoses=frozenset({"slow_answers"}),
    ),
    Flaw(
        name="memory_leaks",
        kind="degradation",
        mistake="every processed event stays in memory with 64 KiB",
        must=frozenset({"memory"}),
        may=without(LATE_EFFECTS, "memory"),
        subjects=OF_WEBHOOKS,
        diagnoses=frozenset({"growth"}),
    ),
    Flaw(
        name="latency_grows",
        kind="degradation",
        mistake="every event makes the work of the later ones a millisecond longer",
        must=frozenset({"trend"}),
        may=without({**LATE_EFFECTS, **WRONG_STOCK}, "trend"),
        subjects=OF_WEBHOOKS,
        diagnoses=frozenset({"growth"}),
        alone=True,
    ),
    Flaw(
        name="connections_leak",
        kind="degradation",
        mistake="every push opens a connection that is never closed",
        must=frozenset({"connections"}),
        may={**LATE_EFFECTS, "descriptors": "each connection is a descriptor of the process"},
        subjects=OF_WEBHOOKS,
        diagnoses=frozenset({"open_connections"}),
    ),
)
