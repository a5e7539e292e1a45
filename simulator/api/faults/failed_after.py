"""Server error after execution: the call is executed, and a gateway answers 502 or 504 in its place."""

from typing import Final

from stockstorm.simulator.api.faults.injection import Injection
from stockstorm.simulator.config import ApiFaultConfig
from stockstorm.simulator.seeds import Draws

STATUSES: Final = (502, 504)


def failed_after(_config: ApiFaultConfig, draws: Draws) -> Injection:
    """One of the two statuses."""
    return Injection("failed_after", status=STATUSES[int(draws[0] * len(STATUSES))])
