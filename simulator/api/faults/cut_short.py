"""Cut short: the call is executed, half of its answer arrives, and the rest does not until the subject closes.

A timeout for the head of an answer alone does not end such a call.
"""

from stockstorm.simulator.api.faults.injection import Injection
from stockstorm.simulator.config import ApiFaultConfig
from stockstorm.simulator.seeds import Draws


def cut_short(_config: ApiFaultConfig, _draws: Draws) -> Injection:
    """A call whose answer never ends."""
    return Injection("cut_short", answers=False, left_open="half")
