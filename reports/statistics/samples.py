"""Samples of a latency as two columns, in order of time.

A list of pairs costs a visit to four objects for each sample, anywhere in memory. Columns hold the numbers themselves,
so that a million of them are sorted and counted several times faster.
"""

import math
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cached_property


class Samples:
    """Times in nanoseconds and values, of the same length. Iteration yields (time, value)."""

    def __init__(self, times_ns: "array[int]", values: "array[float]") -> None:
        """Both in order of time."""
        self.times_ns, self.values = times_ns, values

    @classmethod
    def of(cls, samples: Iterable[tuple[int, float]]) -> "Samples":
        """Samples in any order."""
        ordered = sorted(samples)
        return cls(array("q", [at_ns for at_ns, _ in ordered]), array("d", [value for _, value in ordered]))

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[tuple[int, float]]:
        return zip(self.times_ns, self.values, strict=True)

    @cached_property
    def ordered(self) -> list[float]:
        """The values in ascending order."""
        return sorted(self.values)

    @cached_property
    def finite(self) -> list[float]:
        """The same without infinity, which is the greatest."""
        return self.ordered[: bisect_left(self.ordered, math.inf)]
