"""Quantiles by nearest rank: the smallest sample such that at least the given share of samples is no greater.

There is no interpolation, so a quantile is always a value that occurred. Infinity (never reflected, timed out) is a
value like any other.
"""

import math
from collections.abc import Sequence


def quantile(ordered: Sequence[float], share: float) -> float:
    """The quantile of samples in ascending order; `share` in (0, 1]. ValueError when there are none."""
    if not ordered:
        raise ValueError("no quantile without samples")
    return ordered[max(0, math.ceil(share * len(ordered) - 1e-9) - 1)]


def quantiles(name: str, samples: Sequence[float], shares: Sequence[float] = (0.5, 0.95, 0.99)) -> dict[str, float]:
    """Measures `<name>.p50` and so on, and `<name>.max`, of samples in any order. Empty without samples."""
    if not samples:
        return {}
    ordered = sorted(samples)
    found = {f"{name}.p{round(share * 1000) / 10:g}": quantile(ordered, share) for share in shares}
    return {**found, f"{name}.max": ordered[-1]}
