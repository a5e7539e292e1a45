"""Literal histories in which the marketplace mercado is down, or shows pushes late."""

from typing import Any

import msgspec

from stockstorm.reports.history import History
from stockstorm.simulator.history import facts as f
from tests.literal_history import history, ns, opened, version

DOWN_FROM_S, DOWN_UNTIL_S = 2.0, 6.0


def in_scenario(*facts: f.AnyFact | tuple[f.AnyFact, ...], **scenario: Any) -> History:
    """The literal shop in a run of 20 s, with these keys of a scenario."""
    start = tuple(_with(fact, scenario) for fact in opened(available=1_000, duration_ms=20_000))
    return history(start, *facts)


def _with(fact: f.AnyFact, scenario: dict[str, Any]) -> f.AnyFact:
    if not isinstance(fact, f.RunStarted):
        return fact
    channels = [{"name": "online"}, {"name": "bazaar"}, {"name": "mercado"}]
    phases = [{"name": "trade", "seconds": 20.0, "rate": 1.0}]
    return msgspec.structs.replace(fact, scenario={"channels": channels, "phases": phases} | scenario)


def down(until_s: float = DOWN_UNTIL_S, **fault: Any) -> dict[str, Any]:
    """The keys of a scenario in which mercado is down from 2 s on."""
    one = {"kind": "down", "api": "mercado", "from_s": DOWN_FROM_S, "until_s": until_s}
    return {"api_faults": [one | fault]}


def lagging(lag_s: float) -> dict[str, Any]:
    """The keys of a scenario in which mercado shows a push late."""
    return {"channels": [{"name": "online"}, {"name": "bazaar"}, {"name": "mercado", "lag_s": lag_s}]}


class Sales:
    """A sale of the own store every 100 ms, and what the subject lists on each channel some time after it.

    The listing shows what the master had by then. `bazaar` and `mercado`: when a push comes, by when the sale was; None
    for no push.
    """

    def __init__(self, until_ms: int, step_ms: int = 100) -> None:
        self.at_ms = list(range(step_ms, until_ms, step_ms))
        self.facts: list[f.AnyFact] = [
            version(at, number, -1, 1_000 - number, order=number) for number, at in enumerate(self.at_ms, 1)
        ]

    def listed(self, channel: str, pushes_ms: list[int]) -> list[f.AnyFact]:
        """Pushes of what the master has, at these times."""
        found: list[f.AnyFact] = []
        shown = 1_000
        for at in pushes_ms:
            left = 1_000 - sum(sale < at for sale in self.at_ms)
            found.append(f.ListingPushed(ns(at), channel, "MUG", left, shown))
            shown = left
        return found
