"""Down: no call is executed. In turn it is answered 503, its connection is closed, or it gets no answer for a while.

What a subject cannot do in this time is not held against it: the history knows such an outage by its kind.
"""

import math
from typing import Final

from stockstorm.simulator.api.faults.injection import Injection
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import ApiFaultConfig
from stockstorm.simulator.seeds import Draws

OPEN_S: Final = 2.0  # of a call without an answer; Retry-After of a 503
ANSWERED_SHARE: Final = 0.5
CLOSED_SHARE: Final = 0.25  # the rest hangs


def down(config: ApiFaultConfig, draws: Draws) -> Injection:
    """One of the three ways in which a service is not there."""
    seconds = OPEN_S if config.seconds is None else config.seconds
    if draws[0] < ANSWERED_SHARE:
        return Injection("down", executes=False, status=503, retry_after_s=math.ceil(seconds))
    hangs = draws[0] >= ANSWERED_SHARE + CLOSED_SHARE
    return Injection("down", after_ns=round(seconds * SECOND_NS) if hangs else 0, executes=False, answers=False)
