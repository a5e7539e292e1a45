"""What a marketplace showed for a SKU over time, and what each push of the subject tells about its knowledge.

Each push gets two readings. The *latest* version that it can honestly show dates what it reflects; the chain of
*earliest* versions, each at or after the one before, tells whether the subject went back in time: only when no version
from the last one shown onward fits is a push a stale overwrite, so that chance agreement never accuses anybody.
"""

from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

import msgspec

from stockstorm.reports.history.ledgers import NEVER, Ledger
from stockstorm.reports.history.push_attribution import NOTHING, PLAIN_SHARE_MIN
from stockstorm.simulator.history import facts as f

if TYPE_CHECKING:
    from stockstorm.reports.history import History


class Shelf(msgspec.Struct, gc=False):
    """One SKU on one marketplace: its listing after each change, and its pushes."""

    channel: str
    ledger: Ledger
    seqs: list[int]  # when the listing changed; the first entry is how it opened
    listed: list[int]
    push_seqs: list[int] = []
    pushes: list[f.ListingPushed] = []
    matched: list[int] = []  # latest honest version of each push, -1 if none
    matched_most: list[int] = []  # greatest so far
    known: list[int] = []  # sequence number of the last change that pushes so far took into account
    push_times_ns: list[int] = []
    plain: bool = False  # the subject lists what the master shows; else it nets
    verdicts: list[str] = []  # of each push: "", "stale", "unexplained"

    def listed_at(self, seq: int) -> int:
        """What the channel showed just after the fact of this sequence number."""
        return self.listed[max(0, bisect_right(self.seqs, seq) - 1)]

    def last_push(self, seq: int) -> int:
        """Index of the last push by then, -1 if there was none."""
        return bisect_right(self.push_seqs, seq) - 1

    def first_showing(self, version: int, seq: int) -> int:
        """Index of the first push after `seq` that shows this version or a later one; len(pushes) if none does."""
        return max(bisect_left(self.matched_most, version), bisect_right(self.push_seqs, seq))

    def first_knowing(self, change: int, visible_ns: int) -> int:
        """Index of the first push that took a change into account; len(pushes) if none did.

        `change` is its sequence number; a push from before it was visible only looks as if it knew, unless no other
        push ever did.
        """
        knowing = bisect_left(self.known, change)
        seen = max(knowing, bisect_left(self.push_times_ns, visible_ns))
        return seen if seen < len(self.pushes) else knowing


def build(history: "History") -> dict[tuple[str, str], Shelf]:
    """Shelves of every stocked SKU on every marketplace that opened."""
    shelves: dict[tuple[str, str], Shelf] = {}
    for sku, ledger in history.ledgers.items():
        opening = max(0, ledger.available[0] - ledger.safety)
        for channel in history.marketplaces:
            shelves[channel, sku] = Shelf(channel, ledger, [ledger.seqs[0]], [opening])
    changes: dict[tuple[str, str], list[tuple[int, int, f.ListingPushed | None]]] = {}
    for seq, push in history.numbered(f.ListingPushed):
        changes.setdefault((push.channel, push.sku), []).append((seq, push.quantity, push))
    for seq, sale in history.numbered(f.PurchaseAccepted):
        for sku, units, shown in zip(sale.skus, sale.quantities, sale.shown_before, strict=True):
            changes.setdefault((sale.channel, sku), []).append((seq, shown - units, None))
    for key, rows in changes.items():
        shelf = shelves.get(key)
        if shelf is not None:
            rows.sort(key=lambda row: row[0])
            _replay(shelf, rows)
    _read(list(shelves.values()))
    return shelves


def _replay(shelf: Shelf, rows: list[tuple[int, int, f.ListingPushed | None]]) -> None:
    pushes = [(seq, push) for seq, _, push in rows if push is not None]
    shelf.seqs = [*shelf.seqs, *(row[0] for row in rows)]
    shelf.listed = [*shelf.listed, *(row[1] for row in rows)]
    shelf.push_seqs, shelf.pushes = [seq for seq, _ in pushes], [push for _, push in pushes]
    matched = [shelf.ledger.latest_match(push.quantity, seq) for seq, push in pushes]
    shelf.matched, shelf.matched_most = matched, list(accumulate(matched, max))
    shelf.verdicts = _verdicts(shelf)


def _read(shelves: list[Shelf]) -> None:
    """Find out whether the subject nets, then read its pushes accordingly."""
    exact = [
        list(map(shelf.ledger.shown_curve.equal_by, [push.quantity for push in shelf.pushes], shelf.push_seqs))
        for shelf in shelves
    ]
    pushes = sum(map(len, exact))
    plain = sum(seq != NOTHING for known in exact for seq in known) >= PLAIN_SHARE_MIN * pushes
    for shelf, shown in zip(shelves, exact, strict=True):
        read = shelf.ledger.left_curve.known_by
        left = shown if plain else map(read, [push.quantity for push in shelf.pushes], shelf.push_seqs)
        shelf.known, shelf.plain = list(accumulate(left, max)), plain
        shelf.push_times_ns = [push.at_ns for push in shelf.pushes]


def _verdicts(shelf: Shelf) -> list[str]:
    shown, verdicts = 0, []
    for seq, push, matched in zip(shelf.push_seqs, shelf.pushes, shelf.matched, strict=True):
        if matched == NEVER:
            verdicts.append("unexplained")
        elif matched < shown:
            verdicts.append("stale")
        else:
            shown = shelf.ledger.earliest_match(push.quantity, seq, shown)
            verdicts.append("")
    return verdicts
