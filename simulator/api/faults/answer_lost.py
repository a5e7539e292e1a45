"""Answer lost: the call is executed, and its connection is closed without an answer, some time later.

With more seconds than the subject is willing to wait, the subject gives up first.
"""

from typing import Final

from stockstorm.simulator.api.faults.injection import Injection
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import ApiFaultConfig
from stockstorm.simulator.seeds import Draws

OPEN_S: Final = 0.5


def answer_lost(config: ApiFaultConfig, _draws: Draws) -> Injection:
    """A call that is executed and gets no answer."""
    open_s = OPEN_S if config.seconds is None else config.seconds
    return Injection("answer_lost", after_ns=round(open_s * SECOND_NS), answers=False)
