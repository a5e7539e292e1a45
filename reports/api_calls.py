"""What the subject's API calls say of its settings: what reads like a flaw in a report may be a wrong token."""

from typing import Final

from reports.history import History
from reports.tally import counted
from simulator.history.facts import ApiCalled

NO_CALL: Final = (
    "the subject made no API call: it does not know where the played APIs are, or does nothing with what it is told"
)
_DENIED: Final = "denied"
_ADMIN: Final = "admin"


def call_notes(history: History) -> tuple[str, ...]:
    """Notes to be read before anything else; none of a subject that calls with the right tokens."""
    calls = history.all(ApiCalled)
    if not calls:
        return (NO_CALL,)
    admin = [call.outcome for call in calls if call.api == _ADMIN]
    markets = [call.outcome for call in calls if call.api != _ADMIN]
    sides = (("the Admin API", admin), ("the marketplaces' APIs", markets))
    return tuple(
        f"{denied:,} of {counted(len(outcomes), 'call')} to {side} came with a wrong token (401)"
        for side, outcomes in sides
        if (denied := outcomes.count(_DENIED))
    )
