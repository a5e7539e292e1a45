"""A note on a subject that calls the REST Admin API, which Shopify calls legacy."""

from stockstorm.reports.history import History
from stockstorm.reports.history.reads import REST
from stockstorm.reports.result import counted
from stockstorm.simulator.history.facts import ApiCalled

LEGACY = "REST is legacy since 2024-10-01, and its writes have neither comparison nor idempotency key"


def rest_notes(history: History) -> tuple[str, ...]:
    """One note, or none."""
    admin = [call for call in history.all(ApiCalled) if call.api == "admin"]
    by_rest = sum(call.operation.startswith(REST) for call in admin)
    if not by_rest:
        return ()
    return (f"{by_rest:,} of {counted(len(admin), 'call')} to the Admin API came by REST: {LEGACY}",)
