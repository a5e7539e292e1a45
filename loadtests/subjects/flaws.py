"""The flaws that the reference service can be started with, and the checks that each must and may fail.

A run with a flaw must fail every check in `must`, and no check outside `must` and `may`: `stockstorm prove` checks it.
A threshold counts as the check that measures it.
"""

from typing import Final

import msgspec


class Flaw(msgspec.Struct, frozen=True):
    """A deliberate mistake."""

    name: str
    guide_ref: str  # row of the guide's table in docs/sources.md
    mistake: str
    must: frozenset[str]  # checks that find it
    may: dict[str, str]  # check that can fail as a consequence -> why
    faults: tuple[str, ...] = ()  # `--fault` flags without which it has no effect


LATE: Final = "late updates leave listings stale for longer, so buyers see wrong quantities"

_FLAWS = (
    Flaw(
        name="no_order_dedup",
        guide_ref="C2",
        mistake="a duplicate order notification is written to the master a second time",
        must=frozenset({"applied_twice"}),
        may={
            "drift": "the master and the listings lack the units that were subtracted twice",
            "refused_though_available": "phantom reductions turn buyers away",
            "sync_latency": "the second write moves the listing away from the quantity that the first sale requires",
            "unexplained_push": "a quantity pushed between the two writes fits no state of the master",
            "stale_overwrite": "units that are pending twice lower a listing to an older state of the master",
        },
    ),
    Flaw(
        name="last_write_wins",
        guide_ref="C7",
        mistake="stock events are applied in the order of arrival, regardless of their age",
        must=frozenset({"stale_overwrite"}),
        may={
            "drift": "when the last event to arrive is not the newest, the listing stays wrong",
            "sync_latency": "a listing that went back to an old value owes its movement again, and keeps it at rest",
            "oversell": "an old, higher quantity is shown again and sold",
            "unexplained_push": "an old level minus the current pending orders fits no state of the master",
            "refused_though_available": "an old, lower quantity is shown again and turns buyers away",
            "crisis_time": LATE,
        },
    ),
    Flaw(
        name="ack_before_durable",
        guide_ref="C8",
        mistake="the receiver acknowledges before the event is stored, and is killed",
        must=frozenset({"nothing_lost"}),
        may={
            "drift": "a lost order never reaches the master; a lost stock event leaves a listing wrong",
            "sync_latency": "a lost event is never reflected",
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
        guide_ref="C6",
        mistake="a forged delivery is accepted",
        must=frozenset({"forged"}),
        may={
            "stale_overwrite": "a forged stock level overwrites the true one",
            "unexplained_push": "a forged stock level was never a state of the master",
            "drift": "a forged stock level stays until the next true event of that SKU",
            "sync_latency": "a listing that shows a forged level owes its movement until the next true event",
            "oversell": "a forged level offers units that do not exist",
            "refused_though_available": "a forged level can be lower than the truth",
            "crisis_time": LATE,
        },
    ),
    Flaw(
        name="slow_handler",
        guide_ref="C1",
        mistake="the event is processed inside the request, with a slow step",
        must=frozenset({"ack_time"}),
        may={
            "delivery_success": "answers after more than 5 s are timeouts, and retries run out",
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

FLAWS: Final = {flaw.name: flaw for flaw in _FLAWS}
