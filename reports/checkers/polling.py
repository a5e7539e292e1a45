"""A subject that polls asks for no notification: what is judged of notifications has nothing to find, and says so.

Only a run that declares it (`RunStarted.polls`) and planned no delivery counts as polling: a subject that should have
subscribed and did not gets no such leave.
"""

from typing import Final

from stockstorm.reports.history import History
from stockstorm.reports.result import Check
from stockstorm.simulator.history import facts as f

NOT_ASKED: Final = "not asked for"
REASON: Final = "the subject polls: it asked for no notification"
MEASURES: Final[dict[str, dict[str, float]]] = {
    "nothing_lost": {"lost.events": 0.0},
    "forged": {"forged.accepted": 0.0, "forged.sent": 0.0},
    "delivery": {},
    "delivery_success": {},
    "ack_time": {},
    "generator": {},
}


def polls(history: History) -> bool:
    """Whether the subject says that it polls, and no delivery was planned."""
    return history.started.polls and not history.all(f.DeliveryPlanned)


def not_asked(name: str) -> Check:
    """The finding of a checker of notifications, for a subject that polls."""
    return Check(name, "valid", REASON, dict(MEASURES[name]), notes=(NOT_ASKED,))
