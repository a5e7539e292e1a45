"""What a marketplace listed for a SKU over time, and which versions each push of the subject can stand for.

A listing is what the marketplace has accepted. One that shows a push late is judged by what it had accepted: the time
until buyers see it is the marketplace's.

Each push is matched twice. The *latest* honest version dates what the push reflects. The chain of *earliest* versions,
each at or after the one before, shows whether the subject went back in time: a push is a stale overwrite only when no
version from the last one shown onward fits, so chance agreement accuses nobody.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate, repeat
from operator import add, itemgetter
from types import MappingProxyType
from typing import Final

import msgspec

from stockstorm.reports.history.doubts import Doubt, units_in_doubt
from stockstorm.reports.history.ledgers import NEVER, NO_LIMIT, Ledger
from stockstorm.reports.history.log import FactLog
from stockstorm.reports.history.mixed import Box, Sums, ever_fitted
from stockstorm.reports.history.push_attribution import NOTHING, PLAIN_SHARE_MIN
from stockstorm.simulator.history import facts as f

NO_DOUBTS: Final[Mapping[str, Sequence[Doubt]]] = MappingProxyType({})


class Listing(msgspec.Struct, gc=False):
    """One SKU on one marketplace: its listing after each change, and its pushes."""

    channel: str
    ledger: Ledger
    seqs: list[int]  # when the listing changed; the first entry is how it opened
    listed: list[int]
    push_seqs: list[int] = []
    pushes: list[f.ListingPushed] = []
    quantities: list[int] = []  # of each push
    matched: list[int] = []  # latest honest version of each push, -1 if none
    matched_most: list[int] = []  # running maximum of `matched`
    known: list[int] = []  # sequence number of the last change that the pushes so far include
    push_times_ns: list[int] = []
    plain: bool = False  # True: the subject lists what the master shows; False: it nets
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
        """Index of the first push that includes a change (a sequence number); len(pushes) if none does.

        A push from before the change was visible includes it by chance, so it counts only when no later push does.
        """
        knowing = bisect_left(self.known, change)
        seen = bisect_left(self.push_times_ns, visible_ns, knowing)
        return seen if seen < len(self.push_times_ns) else knowing


def build_listings(
    log: FactLog,
    ledgers: Mapping[str, Ledger],
    lagging: Collection[str] = (),
    doubts: Mapping[str, Sequence[Doubt]] = NO_DOUBTS,
) -> dict[tuple[str, str], Listing]:
    """Listings by (channel, SKU), for every stocked SKU on every marketplace that opened.

    `lagging`: marketplaces that show a push late.
    """
    listings: dict[tuple[str, str], Listing] = {}
    for sku, ledger in ledgers.items():
        opening = max(0, ledger.available[0] - ledger.safety)
        for channel in log.marketplaces:
            listings[channel, sku] = Listing(channel, ledger, [ledger.seqs[0]], [opening])
    _add_pushes(log, listings)
    sales = _shown_after(log)
    sold = _units_sold(log, lagging) if lagging else {}
    for key, listing in listings.items():
        if key[0] in lagging:
            _replay_accepted(listing, sold.get(key, []))
        else:
            _replay(listing, sales.get(key, []))
        _match(listing)
        in_doubt = doubts.get(key[1], ())
        if listing.ledger.parts:
            _judge_by_parts(listing, in_doubt)
        elif "stale" in listing.verdicts:
            _excuse(listing, in_doubt)
    _read(list(listings.values()))
    return listings


def _add_pushes(log: FactLog, listings: Mapping[tuple[str, str], Listing]) -> None:
    adders = {
        key: (listing.push_seqs.append, listing.pushes.append, listing.quantities.append, listing.push_times_ns.append)
        for key, listing in listings.items()
    }
    for seq, push in log.numbered(f.ListingPushed):
        if (add := adders.get((push.channel, push.sku))) is not None:
            # Read together, because a fact that lies anywhere in memory is slow to visit.
            add_seq, add_push, add_quantity, add_time = add
            add_seq(seq)
            add_push(push)
            add_quantity(push.quantity)
            add_time(push.at_ns)


def _replay(listing: Listing, sales: list[tuple[int, int]]) -> None:
    changes = list(zip(listing.push_seqs, listing.quantities, strict=True))
    if sales:
        changes += sales
        changes.sort(key=itemgetter(0))
    listing.seqs += [seq for seq, _ in changes]
    listing.listed += [quantity for _, quantity in changes]


def _shown_after(log: FactLog) -> dict[tuple[str, str], list[tuple[int, int]]]:
    """By channel and SKU: (sequence number, units that were shown after it) of each sale."""
    sales: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for seq, sale in log.numbered(f.PurchaseAccepted):
        for sku, units, shown in zip(sale.skus, sale.quantities, sale.shown_before, strict=True):
            sales.setdefault((sale.channel, sku), []).append((seq, shown - units))
    return sales


def _units_sold(log: FactLog, channels: Collection[str]) -> dict[tuple[str, str], list[tuple[int, int]]]:
    """By channel and SKU: (sequence number, units) of each sale."""
    found: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for seq, sale in log.numbered(f.PurchaseAccepted):
        if sale.channel in channels:
            for sku, units in zip(sale.skus, sale.quantities, strict=True):
                found.setdefault((sale.channel, sku), []).append((seq, units))
    return found


def _replay_accepted(listing: Listing, sold: list[tuple[int, int]]) -> None:
    """What the marketplace has accepted, less what it sold since. What buyers saw at a sale may be older."""
    pushes = dict(zip(listing.push_seqs, listing.quantities, strict=True))
    changes = sorted([*((seq, 0) for seq in pushes), *sold])
    seqs, listed = listing.seqs[:1], listing.listed[:1]
    for seq, units in changes:
        seqs.append(seq)
        listed.append(pushes[seq] if seq in pushes else max(0, listed[-1] - units))
    listing.seqs, listing.listed = seqs, listed


def _match(listing: Listing) -> None:
    """Finds the latest version that each push can stand for, and whether the subject went back in time.

    Nearly every push stands for the newest version, so that one is tried here and only then all others.
    """
    ledger, shown, best = listing.ledger, 0, NEVER
    base, available, safety = ledger.base, ledger.available, ledger.safety
    found, most_found, verdicts = list[int](), list[int](), list[str]()
    lasts = map(bisect_right, repeat(ledger.seqs), listing.push_seqs)
    sold = map([0, *ledger.sale_totals].__getitem__, map(bisect_right, repeat(ledger.sale_seqs), listing.push_seqs))
    if ledger.untold:
        sold = map(add, sold, map(ledger.untold_at, listing.push_seqs))
    for quantity, committed, accepted in zip(listing.quantities, lasts, sold, strict=True):
        matched = last = committed - 1 if committed else 0
        least = quantity + safety
        most = least + accepted
        if not quantity:
            least = -NO_LIMIT
        if base[last] > most or available[last] < least:
            matched = ledger.latest_match((most, least), last)
        found.append(matched)
        if matched > best:  # noqa: PLR1730  # a call of `max` takes three times as long
            best = matched
        most_found.append(best)
        if matched == NEVER:
            verdicts.append("unexplained")
        elif matched < shown:
            verdicts.append("stale")
        else:
            if base[shown] > most or available[shown] < least:
                shown = ledger.earliest_match((most, least), shown, last)
            verdicts.append("")
    listing.matched, listing.verdicts, listing.matched_most = found, verdicts, most_found


def _excuse(listing: Listing, doubts: Sequence[Doubt]) -> None:
    """Withdraws "stale" where a version that was shown, or a later one, explains a push by what the master lacks.

    These are units in doubt, and units that came back: a subject may list them before it has written them.
    """
    ledger, shown = listing.ledger, 0
    for index, (seq, quantity) in enumerate(zip(listing.push_seqs, listing.quantities, strict=True)):
        bounds = ledger.bounds(quantity, seq)
        if listing.verdicts[index] == "stale":
            units = units_in_doubt(doubts, listing.push_seqs, seq, listing.push_times_ns[index]) if doubts else 0
            if ledger.fits_returned(_wider(bounds, units), shown, seq):
                listing.verdicts[index] = ""
        elif listing.verdicts[index] == "":
            shown = ledger.earliest_match(bounds, shown, ledger.version_at(seq))


def _wider(bounds: tuple[int, int], units: int, returned: int = 0) -> tuple[int, int]:
    """The bounds of a push that may lack so many units, or have so many that came back and are not written yet."""
    most, least = bounds
    return most + units, least - returned


def _judge_by_parts(listing: Listing, doubts: Sequence[Doubt]) -> None:
    """Verdicts for an item with several locations, of which a subject may know different versions."""
    ledger, box = listing.ledger, Box(listing.ledger)
    verdicts, before = [], 0
    for index, (seq, quantity) in enumerate(zip(listing.push_seqs, listing.quantities, strict=True)):
        bounds = ledger.bounds(quantity, seq)
        units = units_in_doubt(doubts, listing.push_seqs, seq, listing.push_times_ns[index]) if doubts else 0
        returned = ledger.pending_back(ledger.version_at(before), seq) if ledger.back_seqs else 0
        before = seq
        wider = _wider(bounds, units, max(0, returned))
        if box.takes(bounds, seq) or (wider != bounds and box.takes(wider, seq)):
            verdicts.append("")
        else:
            verdicts.append("stale" if ever_fitted(ledger, bounds, seq) else "unexplained")
    listing.verdicts = verdicts


def _read(listings: list[Listing]) -> None:
    """Determines whether the subject nets, then dates its pushes accordingly."""
    plain = _is_plain(listings)
    for listing in listings:
        curve = listing.ledger.shown_curve if plain else listing.ledger.left_curve
        known = curve.dates(listing.quantities, listing.push_seqs, curve.equal_by if plain else curve.known_by)
        listing.known, listing.plain = list(accumulate(known, max)), plain


def _is_plain(listings: list[Listing]) -> bool:
    """Whether nearly all pushes hold quantities that the master showed. The first pushes that do not decide it."""
    pushes = sum(len(listing.pushes) for listing in listings)
    others = 0
    for listing in listings:
        shown = listing.ledger.shown_curve.equal_by
        sums = Sums(listing.ledger) if listing.ledger.parts and listing.quantities else None
        for seq, quantity in zip(listing.push_seqs, listing.quantities, strict=True):
            if shown(quantity, seq) == NOTHING and not (sums is not None and sums.shown(quantity, seq)):
                others += 1
                if pushes - others < PLAIN_SHARE_MIN * pushes:
                    return False
    return True
