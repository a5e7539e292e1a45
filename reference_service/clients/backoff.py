"""How long to wait before trying again: exponential, with full jitter, so that failed calls do not return in step."""

import random

from reference_service import limits


def backoff_s(attempts: int, dice: random.Random) -> float:
    """Seconds after `attempts` (1 or more) failed ones: up to 1 s, then 2 s, 4 s, … and 300 s at most."""
    ceiling = min(limits.BACKOFF_MAX_S, limits.BACKOFF_FIRST_S * 2.0 ** min(attempts - 1, 20))
    return dice.uniform(0.0, ceiling)
