"""Server error: the call is answered with 500, 502 or 503 and not executed. A 503 says when to try again."""

from typing import Final

from stockstorm.simulator.api.faults.injection import Injection
from stockstorm.simulator.config import ApiFaultConfig
from stockstorm.simulator.seeds import Draws

STATUSES: Final = (500, 502, 503)


def server_error(_config: ApiFaultConfig, draws: Draws) -> Injection:
    """One of the three statuses."""
    status = STATUSES[int(draws[0] * len(STATUSES))]
    return Injection("server_error", executes=False, status=status, retry_after_s=1 if status == 503 else 0)
