"""Rows rejected: a marketplace accepts a bulk push, except for half of its rows."""

from stockstorm.simulator.api.faults.injection import Injection
from stockstorm.simulator.config import ApiFaultConfig
from stockstorm.simulator.seeds import Draws


def rows_rejected(_config: ApiFaultConfig, draws: Draws) -> Injection:
    """Every second row, from the first or from the second."""
    return Injection("rows_rejected", pick=draws[0])
