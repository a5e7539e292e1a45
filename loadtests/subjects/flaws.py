"""The named flaws of the reference service, and what each must and may break. The self-proof holds us to it.

`must`: checks that have to find it. `may`: checks that can fail as a consequence, with the causal reason. Everything
else must hold. A threshold counts under the check that measures it.
"""

import msgspec


class Flaw(msgspec.Struct, frozen=True):
    """A deliberate mistake (`row`: docs/sources.md). `faults` are needed to bring it to light."""

    name: str
    row: str
    mistake: str
    must: frozenset[str]
    may: dict[str, str]  # check -> why it can fail too
    faults: tuple[str, ...] = ()


LATE = "what comes late is stale for longer, so buyers meet listings that are wrong"

_FLAWS = (
    Flaw(
        name="no_order_dedup",
        row="C2",
        mistake="an order notification that arrives twice is written to the master twice",
        must=frozenset({"applied_twice"}),
        may={
            "drift": "the master and its listings lack the units that were subtracted twice",
            "refused_though_available": "phantom reductions turn buyers away",
            "sync_latency": "the second write moves the listing away from where the first sale should have brought it",
            "unexplained_push": "a quantity pushed between the two writes fits no state of the master",
            "stale_overwrite": "units that are pending twice lower a listing to where an older state of the master was",
        },
    ),
    Flaw(
        name="last_write_wins",
        row="C7",
        mistake="stock events are applied in the order of arrival, whatever their age",
        must=frozenset({"stale_overwrite"}),
        may={
            "drift": "when the last event to arrive is not the newest, the listing stays wrong",
            "sync_latency": "a listing that went back to an old value owes its movement again, for ever at rest",
            "oversell": "an old, higher quantity is shown again and sold",
            "unexplained_push": "an old level less today's pending orders fits no state of the master",
            "refused_though_available": "an old, lower quantity is shown again and turns buyers away",
            "crisis_time": LATE,
        },
    ),
    Flaw(
        name="ack_before_durable",
        row="C8",
        mistake="the receiver acknowledges before the event is stored, and is killed",
        must=frozenset({"nothing_lost"}),
        may={
            "drift": "a lost order never reaches the master; a lost stock event leaves a listing wrong",
            "sync_latency": "what was lost is never reflected",
            "order_latency": "a lost order never reaches the master",
            "oversell": LATE,
            "ack_time": "no receiver answers between kill and restart",
            "delivery_success": "attempts between kill and restart fail and are retried",
            "crisis_time": LATE,
            "refused_though_available": "a lost restock is never shown",
        },
        faults=("kill_receiver@5",),
    ),
    Flaw(
        name="no_signature_check",
        row="C6",
        mistake="a forged delivery is believed",
        must=frozenset({"forged"}),
        may={
            "stale_overwrite": "a forged stock level overwrites the true one",
            "unexplained_push": "a forged stock level was never one of the master's",
            "drift": "a forged stock level stays until the next true event of that SKU",
            "sync_latency": "a listing that shows a forged level owes its movement until the next true event",
            "oversell": "a forged level offers units that do not exist",
            "refused_though_available": "a forged level can be lower than the truth",
            "crisis_time": LATE,
        },
    ),
    Flaw(
        name="slow_handler",
        row="C1",
        mistake="the event is processed inside the request, with a slow step",
        must=frozenset({"ack_time"}),
        may={
            "delivery_success": "answers beyond 5 s are timeouts; retries run out",
            "sync_latency": LATE,
            "order_latency": LATE,
            "oversell": LATE,
            "crisis_time": LATE,
            "refused_though_available": LATE,
            "drift": "retries are still under way when the run ends",
            "delivery": "deliveries are still pending when the run ends",
        },
    ),
)

FLAWS: dict[str, Flaw] = {flaw.name: flaw for flaw in _FLAWS}
