"""Throttling: a marketplace answers 429 with Retry-After; the Admin API's bucket is emptied, so it answers THROTTLED.

The points of the bucket are gone, as if another process of the app had spent them. The answer therefore says when
there are enough again, as Shopify's does.
"""

import math
from typing import Final

from stockstorm.simulator.api.faults.injection import Injection
from stockstorm.simulator.config import ApiFaultConfig
from stockstorm.simulator.seeds import Draws

RETRY_AFTER_S: Final = 1.0


def throttled(config: ApiFaultConfig, _draws: Draws) -> Injection:
    """A call that is not executed. Retry-After has whole seconds."""
    seconds = RETRY_AFTER_S if config.seconds is None else config.seconds
    return Injection("throttled", executes=False, status=429, retry_after_s=math.ceil(seconds))
