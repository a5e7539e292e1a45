"""When a listing became right by itself: what it may show over time, beside what it did show."""

from typing import NamedTuple

import msgspec

from stockstorm.reports.history.ledgers import Ledger
from stockstorm.reports.history.listings import Listing


class Needs(NamedTuple):
    """What a listing may show, from the start and from each change of what is left on."""

    keys: list[int]  # twice the sequence number, so that a change of the listing at the same fact sorts behind it
    most: list[int]
    least: list[int]


class Righted(msgspec.Struct, gc=False):
    """Sequence numbers at which a listing stopped being too high, and too low."""

    not_high: list[int]
    not_low: list[int]


def needs_of(ledger: Ledger) -> Needs:
    """The most is what is left. The least is that plus the units that came back and are not recorded."""
    tracks = (
        zip(ledger.seqs, ledger.base, strict=True),
        zip(ledger.sale_seqs, ledger.sale_totals, strict=True),
        zip(ledger.netted_seqs, ledger.netted_totals, strict=True),
        zip(ledger.back_seqs, ledger.back_totals, strict=True),
        zip(ledger.seqs, ledger.back_included, strict=True),
    )
    changes = sorted((seq, what, value) for what, track in enumerate(tracks) for seq, value in track)
    state, safety = [ledger.base[0], 0, 0, 0, 0], ledger.safety
    needs = Needs([], [], [])
    for seq, what, value in [(-1, 0, ledger.base[0]), *changes]:
        if state[what] != value or seq < 0:
            state[what] = value
            base, sold, netted, back, recorded = state
            left = base - sold + netted - safety
            right = left + back - recorded
            needs.keys.append(2 * seq)
            needs.most.append(left if left > 0 else 0)
            needs.least.append(right if right > 0 else 0)
    return needs


def righted_of(needs: Needs, listing: Listing) -> Righted:
    """Replays everything that changes what is left or what is listed, and notes when the listing becomes right.

    What one fact changed in the ledger precedes what it changed in the listing.
    """
    not_high, not_low = list[int](), list[int]()
    mosts, leasts, shown = iter(needs.most), iter(needs.least), iter(listing.listed)
    most, least, listed = needs.most[0], needs.least[0], listing.listed[0]
    high, low = listed > most, listed < least
    for key in sorted(needs.keys + [2 * seq + 1 for seq in listing.seqs]):
        if key & 1:
            listed = next(shown)
        else:
            most, least = next(mosts), next(leasts)
        if high:
            if listed <= most:
                not_high.append(key >> 1)
                high = False
        elif listed > most:
            high = True
        if low:
            if listed >= least:
                not_low.append(key >> 1)
                low = False
        elif listed < least:
            low = True
    return Righted(not_high, not_low)
