"""Valid needs exposure: a check whose case never occurred has tested nothing.

A valid finding without exposure becomes "not exercised", which decides nothing. It becomes unknown where the scenario
promises the exposure, because then something of the run is not as it should be.
"""

from typing import Final

import msgspec

from stockstorm.reports.history import History
from stockstorm.reports.result import Check
from stockstorm.scenarios.promises import promises
from stockstorm.simulator.history.facts import RunStarted, SubscriptionCreated

SHOWN: Final = 4
FORGED: Final = "forged"


def exposed(check: Check, exposure: dict[str, int], promise: str) -> Check:
    """The check with its exposure, and its verdict by that. `promise`: of the scenario, or empty."""
    exposure = check.exposure or exposure
    check = msgspec.structs.replace(check, exposure=exposure)
    if check.verdict != "valid" or not exposure:
        return check
    reason = f"{check.reason} ({exposure_text(exposure)})"
    if any(exposure.values()):
        return msgspec.structs.replace(check, reason=reason)
    if promise:
        reason = f"{promise}, but nothing of it occurred: {exposure_text(exposure)}"
        return msgspec.structs.replace(check, verdict="unknown", reason=reason)
    reason = f"nothing tested it: {exposure_text(exposure)}"
    return msgspec.structs.replace(check, verdict="not_exercised", reason=reason)


def exposure_text(exposure: dict[str, int], shown: int = SHOWN) -> str:
    """ "41 delivered twice, 6 within 5 ms and 2 more kinds"."""
    entries = [f"{count:,} {words}" for words, count in exposure.items()]
    more = len(entries) - shown
    return ", ".join(entries[:shown]) + (f" and {more} more" if more > 0 else "")


def promise_of(history: History, name: str) -> str:
    """What the scenario of a run promises about a check. Empty if it promises nothing, or the subject's kind cannot."""
    if history.last(RunStarted) is None or (name == FORGED and not _over_http(history)):
        return ""
    return promises(history.scenario).get(name, "")


def _over_http(history: History) -> bool:
    """Whether a subscription goes to an address that anybody can reach. Nobody can forge what a bus delivers."""
    return any(created.uri.startswith("http") for created in history.all(SubscriptionCreated))
