"""Unanswered: the call is not executed, and its connection stays open without an answer until the subject closes it."""

from stockstorm.simulator.api.faults.injection import Injection
from stockstorm.simulator.config import ApiFaultConfig
from stockstorm.simulator.seeds import Draws


def unanswered(_config: ApiFaultConfig, _draws: Draws) -> Injection:
    """A call that a client without a timeout waits for until the end of the run."""
    return Injection("unanswered", executes=False, answers=False, left_open="silent")
