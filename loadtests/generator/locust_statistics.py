"""What Locust shows in its tables and web UI: acks, syncs and oversells as entries of its own statistics.

An expected refusal of a forged delivery is a success; an oversell counts as a failure of its channel.
"""

from typing import Any

from stockstorm.simulator.clock import MILLISECOND_NS
from stockstorm.simulator.delivery.attempts import Answer


class Oversold(Exception):
    """Shown by Locust as the failure of an OVERSELL entry."""


class NotAcknowledged(Exception):
    """Shown by Locust as the failure of an ACK entry."""


class LocustStatistics:
    """Turns what happens into `events.request` of a Locust environment (about 4 µs each)."""

    def __init__(self, environment: Any) -> None:  # locust.env.Environment, which has no types
        self._fire = environment.events.request.fire

    def answered(self, topic: str, forged: bool, answer: Answer, due_ns: int) -> None:
        """One attempt ended. `topic` names the entry."""
        accepted = 200 <= answer.status < 300
        refused = 400 <= answer.status < 500
        failure = None
        if accepted == forged and not (forged and refused):
            failure = NotAcknowledged(answer.error or f"HTTP {answer.status}")
        self._fire(
            request_type="FORGED" if forged else "ACK",
            name=topic,
            response_time=(answer.ended_ns - due_ns) / MILLISECOND_NS,
            response_length=0,
            exception=failure,
            context={},
        )

    def synced(self, channel: str, latency_ms: float) -> None:
        self._fire(
            request_type="SYNC", name=channel, response_time=latency_ms, response_length=0, exception=None, context={}
        )

    def oversold(self, channel: str, units: int) -> None:
        self._fire(
            request_type="OVERSELL",
            name=channel,
            response_time=0,
            response_length=units,
            exception=Oversold(f"{channel} sold what was no longer there"),
            context={},
        )
