"""What a rule of the history found: a fact that contradicts the rest."""

from typing import NamedTuple

from stockstorm.simulator.history.facts import Fact


class Breach(NamedTuple):
    """A fact that contradicts the rest of its history, and how."""

    fact: Fact
    field: str
    found: str
