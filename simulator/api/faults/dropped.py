"""Dropped: the connection is closed before the call is executed."""

from stockstorm.simulator.api.faults.injection import Injection
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import ApiFaultConfig
from stockstorm.simulator.seeds import Draws


def dropped(config: ApiFaultConfig, _draws: Draws) -> Injection:
    """A call that is not executed and gets no answer."""
    open_ns = round((config.seconds or 0.0) * SECOND_NS)
    return Injection("dropped", after_ns=open_ns, executes=False, answers=False)
