"""Quantiles of how late things began, in bounded memory: by 1/15 ms up to a quarter of a second, then coarser."""

_FINE_SHIFT = 16  # 65.5 µs
_FINE = 4_096  # buckets of that width; beyond them each doubling is one bucket


class Lateness:
    """A histogram of nanoseconds. Early counts as 0."""

    def __init__(self) -> None:
        self._counts = [0] * (_FINE + 64)
        self.count = 0
        self.max_ns = 0

    def add(self, late_ns: int) -> None:
        """Counts one value."""
        self.count += 1
        if late_ns > self.max_ns:  # noqa: PLR1730 - a call of max costs more than all the rest
            self.max_ns = late_ns
        bucket = late_ns >> _FINE_SHIFT
        if bucket >= _FINE:
            bucket = _FINE + bucket.bit_length()
        self._counts[bucket if bucket > 0 else 0] += 1

    def quantile_ns(self, share: float) -> int:
        """The value that this share of all does not exceed, rounded up to its bucket's end; 0 when there is none."""
        wanted, seen = share * self.count, 0
        for bucket, counted in enumerate(self._counts):
            seen += counted
            if counted and seen >= wanted:
                return min(self.max_ns, _bucket_end(bucket))
        return self.max_ns


def _bucket_end(bucket: int) -> int:
    """The greatest value in a bucket."""
    if bucket >= _FINE:
        return ((1 << (bucket - _FINE)) << _FINE_SHIFT) - 1
    return ((bucket + 1) << _FINE_SHIFT) - 1
