"""Slow answers: a call takes longer, partly before it is executed and partly after.

Concurrent calls can therefore be executed, and be answered, in another order than they were sent in.
"""

from typing import Final

from stockstorm.simulator.api.faults.injection import Injection
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import ApiFaultConfig
from stockstorm.simulator.seeds import Draws

LONGEST_S: Final = 0.3
SHORTEST_OF_LONGEST: Final = 1 / 6


def slow(config: ApiFaultConfig, draws: Draws) -> Injection:
    """A delay between a sixth of the longest and the longest."""
    longest_s = LONGEST_S if config.seconds is None else config.seconds
    delay_ns = round(longest_s * (SHORTEST_OF_LONGEST + (1 - SHORTEST_OF_LONGEST) * draws[0]) * SECOND_NS)
    before_ns = round(delay_ns * draws[1])
    return Injection("slow", before_ns=before_ns, after_ns=delay_ns - before_ns)
