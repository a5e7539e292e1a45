"""Evidence: the chain of what led to each incident that is shown, in the words of the subject's own log.

A chain is built after the checkers, for the first `CHAINS_KEPT` incidents of each check. So its cost does not grow with
the number of incidents, and a run without incidents costs nothing.
"""

from collections.abc import Sequence

import msgspec

from stockstorm.reports.evidence.chain import Chains
from stockstorm.reports.history import History
from stockstorm.reports.result import CHAINS_KEPT, Check, Incident

__all__ = ["with_chains"]


def with_chains(history: History, checks: Sequence[Check]) -> tuple[Check, ...]:
    """The checks, their incidents with wall times, and the first of them with what led to them."""
    shown = [incident for check in checks for incident in check.incidents[:CHAINS_KEPT]]
    if not shown:
        return tuple(checks)
    chains = Chains(history, shown)
    return tuple(_with_chains(history, chains, check) for check in checks)


def _with_chains(history: History, chains: Chains, check: Check) -> Check:
    if not check.incidents:
        return check
    found: list[Incident] = []
    for number, incident in enumerate(check.incidents):
        chain = chains.of(incident) if number < CHAINS_KEPT else ()
        found.append(msgspec.structs.replace(incident, wall=history.wall(incident.at_ns), chain=chain))
    return msgspec.structs.replace(check, incidents=tuple(found))
