"""Valid needs exposure: a check whose case never occurred has tested nothing.

A valid finding without exposure becomes "not exercised", which decides nothing. It becomes unknown where the scenario
promises the exposure, because then something of the run is not as it should be. A single case that the scenario has a
quota for and that did not occur is a note, because a slow machine can stretch the gaps.
"""

from collections.abc import Collection
from typing import Final

import msgspec

from stockstorm.reports.history import History
from stockstorm.reports.result import Check, counted
from stockstorm.scenarios.promises import promised_cases, promises
from stockstorm.simulator.history.facts import RunStarted, SubscriptionCreated
from stockstorm.simulator.model import SHOPIFY

SHOWN: Final = 4
FORGED: Final = "forged"
OF_MARKETPLACES: Final = ("applied_twice", "never_sent")  # checks whose promise is about what marketplaces tell
DELIVERED: Final = (FORGED, "poison", *OF_MARKETPLACES)  # checks whose promise is about deliveries


def exposed(check: Check, exposure: dict[str, int], promise: str, cases: Collection[str] = ()) -> Check:
    """The check with its exposure and its verdict by that. `promise`, `cases`: what the scenario promises, in words."""
    exposure = check.exposure or exposure
    missing = [words for words, count in exposure.items() if words in cases and not count]
    notes = (f"the scenario has a quota for these, and none occurred: {', '.join(missing)}",) if missing else ()
    check = msgspec.structs.replace(check, exposure=exposure, notes=(*check.notes, *notes))
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
    return ", ".join(entries[:shown]) + (f" and {counted(more, 'more kind')}" if more > 0 else "")


def promise_of(history: History, name: str) -> str:
    """What the scenario of a run promises about a check. Empty if it promises nothing to this kind of subject."""
    if history.last(RunStarted) is None or (name in DELIVERED and not _over_http(history, name)):
        return ""
    return promises(history.scenario).get(name, "")


def cases_of(history: History) -> frozenset[str]:
    """The cases that the scenario of a run has a quota for. None if the subject polls, as nothing is delivered then."""
    if history.last(RunStarted) is None or history.started.polls:
        return frozenset()
    return promised_cases(history.scenario)


def _over_http(history: History, name: str) -> bool:
    """Whether anything is delivered to the subject. For forgeries: at an address, as nobody can forge on a bus.

    A subject that gave no marketplace an address reads their orders, and gets no notification twice.
    """
    created = history.all(SubscriptionCreated)
    if name in OF_MARKETPLACES and all(one.source == SHOPIFY for one in created):
        return False
    return (
        any(name not in (FORGED, "poison") or one.uri.startswith("http") for one in created)
        and not history.started.polls
    )
