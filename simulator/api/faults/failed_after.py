"""Server error after execution: the call is executed, and a gateway answers 502 or 504 in its place.

The gateway does not wait for the shop. For a while a mutation that comes again with its idempotency key is told that
the first one is in progress, as Shopify says of concurrent requests.
"""

from typing import Final

from stockstorm.simulator.api.faults.injection import Injection
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import ApiFaultConfig
from stockstorm.simulator.seeds import Draws

STATUSES: Final = (502, 504)
IN_PROGRESS_S: Final = 1.5  # longer than the first pause of a client that tries again


def failed_after(config: ApiFaultConfig, draws: Draws) -> Injection:
    """One of the two statuses. The call is in progress for half of the longest time at the least."""
    longest_s = IN_PROGRESS_S if config.seconds is None else config.seconds
    busy_ns = round(longest_s * (1 + draws[1]) / 2 * SECOND_NS)
    return Injection("failed_after", status=STATUSES[int(draws[0] * len(STATUSES))], busy_ns=busy_ns)
