"""Calls that asked for a retired version of the Admin API, and were refused by the rules of the one that answers."""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, ordered
from stockstorm.reports.result import Diagnosis, counted
from stockstorm.simulator.history import facts as f

REFUSED: Final = frozenset({"error", "user_error"})
SHARE_MIN: Final = 0.05  # of the calls; a sound service may lose a comparison now and then
SHOWN: Final = 3


class RetiredVersion(Diagnose):
    name = "retired_version"

    def __call__(self, case: Case) -> Iterator[Found]:
        asked = case.history.all(f.VersionAsked)
        forward = [each for each in asked if each.asked != each.served]
        if not forward or len(forward) < len(asked):  # which of its calls spoke the old one is not recorded
            return
        calls = [call for call in case.calls if call.api == "admin"]
        refused = [call for call in calls if call.outcome in REFUSED and not call.injected and not call.strangers]
        if not refused or len(refused) < SHARE_MIN * len(calls):
            return
        texts = ordered(call.errors[0] for call in refused if call.errors)
        old = " and ".join(each.asked or "no version" for each in forward)
        yield Found(
            Diagnosis(
                self.name,
                f"it asks for Admin API {old}, which is no longer served: {forward[0].served} answers, and refused "
                f"{len(refused):,} of {counted(len(calls), 'call')}",
                tuple(f"{text}: {counted(count, 'call')}" for text, count in list(texts)[:SHOWN]),
                f"move the service to a version that is served. Since 2026-04 stock is written with @idempotent and "
                f"changeFromQuantity; what else {forward[0].served} changed is in Shopify's release notes",
                case.consequences(),
                refused[0].at_ns,
            ),
            frozenset(f"call {call.request}" for call in refused),
        )
