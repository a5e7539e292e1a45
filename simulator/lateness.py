"""Quantiles of how late things began, in bounded memory: counts in buckets at most an eighth of their value wide."""

_FINE_BITS = 3
_UNIT_NS = 1024


class Lateness:
    """A histogram of nanoseconds. Early counts as 0."""

    def __init__(self) -> None:
        self._counts = [0] * (64 << _FINE_BITS)
        self.count = 0
        self.max_ns = 0

    def add(self, late_ns: int) -> None:
        """Counts one value."""
        self.count += 1
        self.max_ns = max(self.max_ns, late_ns)
        units = late_ns // _UNIT_NS if late_ns > 0 else 0
        shift = max(0, units.bit_length() - _FINE_BITS - 1)
        self._counts[(shift << _FINE_BITS) + (units >> shift)] += 1

    def quantile_ns(self, share: float) -> int:
        """The value that this share of all does not exceed, rounded up to its bucket's end; 0 when there is none."""
        wanted, seen = share * self.count, 0
        for index, counted in enumerate(self._counts):
            seen += counted
            if counted and seen >= wanted:
                return min(self.max_ns, _bucket_end(index))
        return self.max_ns


def _bucket_end(index: int) -> int:
    """The greatest value in a bucket."""
    shift = max(0, (index >> _FINE_BITS) - 1)
    units = index - (shift << _FINE_BITS)
    return ((units + 1) << shift) * _UNIT_NS - 1
