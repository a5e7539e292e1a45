"""Dates a pushed quantity: the last change that a push of this quantity can include.

A subject that *nets* lists what is left: the master less the orders that it knows and the master does not include. Its
quantity is looked up on the curve of what was left. A *plain* subject lists what the master shows, so its quantity is
looked up among the master's versions, exactly. A plain subject is one whose pushes only hold quantities that the
master showed.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import repeat
from typing import Final

import msgspec

BLOCK: Final = 64
NOTHING: Final = -1
PLAIN_SHARE_MIN: Final = 0.995


class Curve(msgspec.Struct, frozen=True, gc=False):
    """A quantity over time: `values[i]` holds from sequence number `seqs[i]` on. Never below 0."""

    seqs: list[int]
    values: list[int]
    lows: list[int]  # by block of values, each with the first value of the next block
    highs: list[int]

    @classmethod
    def of(cls, seqs: list[int], values: list[int]) -> "Curve":
        """A curve of these values. Values below 0 become 0, as a listing shows them."""
        shown = [max(0, value) for value in values]
        spans = [shown[start : start + BLOCK + 1] for start in range(0, len(shown), BLOCK)]
        return cls(seqs, shown, [min(span) for span in spans], [max(span) for span in spans])

    def dates(self, quantities: Sequence[int], seqs: Sequence[int], date: Callable[[int, int], int]) -> list[int]:
        """`date`, which is `known_by` or `equal_by`, of each quantity and sequence number.

        Nearly every push has the newest quantity, or the one before. These are looked up here, in a third of the time.
        """
        indexes = map(bisect_right, repeat(self.seqs), seqs)
        values, changed = [NOTHING, *self.values], [NOTHING, *self.seqs]
        return [
            changed[index]
            if values[index] == quantity
            else changed[index - 1]
            if index and values[index - 1] == quantity
            else date(quantity, seq)
            for index, quantity, seq in zip(indexes, quantities, seqs, strict=True)
        ]

    def known_by(self, quantity: int, seq: int) -> int:
        """Sequence number of the last change up to `seq` that a push of this quantity can include; -1 if there is none.

        Where the curve jumps over the quantity, the push includes the change before the jump.
        """
        values = self.values
        index = bisect_right(self.seqs, seq) - 1
        above = index  # the change after `index`, up to `seq`
        while index >= 0:
            before, after = values[index], values[above]
            if before <= quantity <= after or after <= quantity <= before:
                return self.seqs[above] if after == quantity else self.seqs[index]
            above = index
            index -= 1
            if index % BLOCK == BLOCK - 1 and not self._holds(index // BLOCK, quantity):
                above = index - BLOCK + 1
                index -= BLOCK
        return NOTHING

    def equal_by(self, quantity: int, seq: int) -> int:
        """The same where the curve has exactly this quantity."""
        index = bisect_right(self.seqs, seq) - 1
        while index >= 0:
            if self.values[index] == quantity:
                return self.seqs[index]
            index -= 1
            if index % BLOCK == BLOCK - 1 and not self._holds(index // BLOCK, quantity):
                index -= BLOCK
        return NOTHING

    def _holds(self, block: int, quantity: int) -> bool:
        return self.lows[block] <= quantity <= self.highs[block]
