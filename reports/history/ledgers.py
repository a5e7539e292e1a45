"""The versions of one SKU in the master beside its marketplace sales, and which versions a pushed quantity fits.

`floor` and `ceiling` are those of the measures: a good subject lists what the master shows, less its safety stock b,
less the orders that it knows and the master does not yet include. K, the units that version v lacks at time t, is a
difference of two running sums: accepted by t, less included by v. With `base(v) = available(v) + included(v)` the
quantity q is honest for v at t when `base(v) - accepted(t) <= q + b` and (q = 0 or `available(v) >= q + b`).
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import Final

import msgspec

from stockstorm.reports.history.order_effects import SUBJECT_CAUSES
from stockstorm.reports.history.push_attribution import Curve
from stockstorm.simulator.history import facts as f

BLOCK: Final = 64  # versions skipped at once when a whole block cannot match
NEVER: Final = -1
CAUSE_NAMES: Final = {"order_edit": "edit of an order"}  # of those whose name is no word


def named_cause(cause: str) -> str:
    """Why a level changed, with an article: "a sale", "an edit of an order"."""
    name = CAUSE_NAMES.get(cause, cause)
    return f"{'an' if name[:1] in 'aeiou' else 'a'} {name}"


RETURNED_SPAN_MAX: Final = 200  # newest versions that are searched for one that explains a push with what came back
UNMOVING: Final = frozenset({"stocked", "transfer"})
NO_LIMIT: Final = 2**62
EMPTY: Final = Curve([], [], [], [])


class Ledger(msgspec.Struct, gc=False):
    """The record of one SKU state by state, and its marketplace sales, all by sequence number.

    A state is a version, or the same version after a row of 0 units: it records orders that cancel out, so the
    available quantity stays while more orders are included.
    """

    item: f.ItemStocked
    safety: int
    seqs: list[int]
    times_ns: list[int]
    available: list[int]
    causes: list[str]
    numbers: list[int]  # the ledger's version number of each state
    first_state: list[int]  # by version number
    sale_seqs: list[int] = []
    sale_totals: list[int] = []  # units accepted up to and with each sale
    included: list[int] = []
    base: list[int] = []
    back_seqs: list[int] = []
    back_totals: list[int] = []  # units that came back on marketplaces, up to and with each return or cancellation
    back_included: list[int] = []  # the part of them that each version includes
    # Marketplace sales in writes whose answer the subject did not get: (state, from when it can know of the write).
    untold: list[tuple[int, int]] = []
    netted_seqs: list[int] = []
    netted_totals: list[int] = []  # units that came back before their sale was written; neither will be written
    block_base_min: list[int] = []
    block_available_max: list[int] = []
    left_curve: Curve = EMPTY  # quantities that a netting subject would list
    shown_curve: Curve = EMPTY  # quantities that a plain subject would list
    # Of an item with several locations: its record at each of them, with the versions that changed it there.
    parts: dict[int, "Ledger"] = {}
    places: list[int] = []  # by version number, the location that it changed; empty for an item with one location

    # -- several locations -----------------------------------------------------------------------------------------

    def at(self, location: int) -> "Ledger":
        """The record at one location; the whole record of an item that has only one."""
        return self.parts.get(location, self)

    def place(self, version: int) -> int:
        """The location that a version changed; -1 where that cannot differ."""
        return self.places[version] if version < len(self.places) else -1

    # -- at a moment -----------------------------------------------------------------------------------------------

    def version_at(self, seq: int) -> int:
        """The latest state committed by then."""
        return max(0, bisect_right(self.seqs, seq) - 1)

    def last_state(self, version: int) -> int:
        """The last state of a version number."""
        following = version + 1
        return self.first_state[following] - 1 if following < len(self.first_state) else len(self.seqs) - 1

    def accepted_at(self, seq: int) -> int:
        """Units that marketplaces sold by then."""
        return _total(self.sale_seqs, self.sale_totals, seq)

    def untold_at(self, seq: int) -> int:
        """Units of sales that are included and that the subject may hold back once more, without its answer."""
        return sum(
            self.included[state] - self.included[state - 1]
            for state, told in self.untold
            if self.seqs[state] <= seq < told
        )

    def pending_back(self, version: int, seq: int) -> int:
        """Units that came back on marketplaces by then and that the version does not include."""
        return _total(self.back_seqs, self.back_totals, seq) - self.back_included[version]

    def netted_at(self, seq: int) -> int:
        """Units sold and taken back by then that the record will never include."""
        return _total(self.netted_seqs, self.netted_totals, seq)

    def left(self, version: int, seq: int) -> int:
        """Available units of a version, less the orders that it lacks, less the safety stock. May be below 0."""
        return self.base[version] - self.accepted_at(seq) - self.safety

    def floor(self, version: int, seq: int) -> int:
        """The least honest quantity for a version at a moment."""
        return max(0, self.left(version, seq))

    def ceiling(self, version: int) -> int:
        """The greatest honest quantity for a version."""
        return max(0, self.available[version] - self.safety)

    # -- at many moments, each several times faster than alone -------------------------------------------------------

    def accepted_each(self, seqs: Sequence[int]) -> Iterator[int]:
        """`accepted_at` each of these."""
        return map([0, *self.sale_totals].__getitem__, map(bisect_right, repeat(self.sale_seqs), seqs))

    def left_each(self, seqs: Sequence[int]) -> list[int]:
        """Units that are left at each of these, with the netted ones: `left` of the latest state plus `netted_at`."""
        states, bases, safety = map(bisect_right, repeat(self.seqs), seqs), [self.base[0], *self.base], self.safety
        found = [bases[state] - sold - safety for state, sold in zip(states, self.accepted_each(seqs), strict=True)]
        return (
            [left + self.netted_at(seq) for left, seq in zip(found, seqs, strict=True)] if self.netted_seqs else found
        )

    # -- what a push shows -----------------------------------------------------------------------------------------

    def bounds(self, quantity: int, seq: int) -> tuple[int, int]:
        """The most that the base, and the least that the available units, of an honest version for a quantity are."""
        least = quantity + self.safety if quantity > 0 else -NO_LIMIT
        return quantity + self.safety + self.accepted_at(seq) + (self.untold_at(seq) if self.untold else 0), least

    def latest_match(self, bounds: tuple[int, int], version: int) -> int:
        """The latest version up to this one within the bounds; -1 if there is none."""
        most, least = bounds
        base, available = self.base, self.available
        while version >= 0:
            if base[version] <= most and available[version] >= least:
                return version
            block, inside = divmod(version, BLOCK)
            if inside == BLOCK - 1 and not self._may_match(block, most, least):
                version -= BLOCK
            else:
                version -= 1
        return NEVER

    def earliest_match(self, bounds: tuple[int, int], lowest: int, last: int) -> int:
        """The earliest version from `lowest` to `last` within the bounds; -1 if there is none."""
        most, least = bounds
        base, available = self.base, self.available
        version = lowest
        while version <= last:
            if base[version] <= most and available[version] >= least:
                return version
            block, inside = divmod(version, BLOCK)
            if inside == 0 and not self._may_match(block, most, least):
                version += BLOCK
            else:
                version += 1
        return NEVER

    def fits_returned(self, bounds: tuple[int, int], lowest: int, seq: int) -> bool:
        """Whether a version from `lowest` on is within the bounds, with the units that came back and that it lacks."""
        most, least = bounds
        base, available, last = self.base, self.available, self.version_at(seq)
        return any(
            base[version] <= most and available[version] + max(0, self.pending_back(version, seq)) >= least
            for version in range(max(lowest, last - RETURNED_SPAN_MAX), last + 1)
        )

    def _may_match(self, block: int, most: int, least: int) -> bool:
        return self.block_base_min[block] <= most and self.block_available_max[block] >= least


def _total(seqs: list[int], totals: list[int], seq: int) -> int:
    index = bisect_right(seqs, seq)
    return totals[index - 1] if index else 0


def moves_stock(cause: str) -> bool:
    """Whether a version with this cause moved physical stock.

    A write of the subject only records a movement, and a transfer between locations leaves the sum as it is.
    """
    return cause not in SUBJECT_CAUSES and cause not in UNMOVING
