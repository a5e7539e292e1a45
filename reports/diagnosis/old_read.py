"""Listings that are wrong at rest because the last push shows a read from before a change that the subject knew of.

What it read is kept for a while, by itself or by something in between, and the change does not end that.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.diagnosis.lacking import CHECKS
from stockstorm.reports.diagnosis.wrong_listings import right_and_wrong
from stockstorm.reports.history.reads import Read, Reads, reads_of
from stockstorm.reports.result import Diagnosis
from stockstorm.simulator.clock import MILLISECOND_NS
from stockstorm.simulator.history import facts as f

LISTINGS_MIN: Final = 3
SHARE_MIN: Final = 0.6
READS_MIN: Final = 2  # of a SKU: a subject that reads once, at its start, keeps its own record by design
SHOWN: Final = 3


class _Old(NamedTuple):
    final: f.FinalListing
    push: f.ListingPushed
    read_ns: int
    known_ns: int  # when the subject was told of the next change


class OldRead(Diagnose):
    name = "old_read"
    checks = CHECKS
    at_rest = True
    after = (
        "no_call",
        "stops",
        "channel_frozen",
        "one_location",
        "overtaken",
        "pushed_before",
        "rounded",
    )

    def __call__(self, case: Case) -> Iterator[Found]:
        wrong = right_and_wrong(case)[1]
        reads = reads_of(case.history, {one.sku for one in wrong})
        found = [old for one in wrong if (old := _old(case, one, reads[one.sku])) is not None]
        if len(found) < max(LISTINGS_MIN, SHARE_MIN * len(wrong)):
            return
        yield Found(
            Diagnosis(
                self.name,
                f"{len(found)} of {len(wrong)} wrong listings were last set to what the shop had shown before a change "
                "that the service knew of: it did not read the stock again after it heard of the change",
                tuple(_told(case, one) for one in found[:SHOWN]),
                "read the level after the event has arrived or the write is answered; look for a cache of levels, and "
                "end it for a SKU whenever something is heard of it",
                case.consequences(*CHECKS),
                min(one.push.at_ns for one in found),
            ),
            frozenset(f"listing {one.final.channel} {one.final.sku}" for one in found),
        )


def _old(case: Case, final: f.FinalListing, reads: Reads) -> _Old | None:
    """The last push of a wrong listing, if it shows the last read, and the subject knew of a later change."""
    history = case.history
    listing = history.listings.get((final.channel, final.sku))
    if listing is None or not listing.pushes:
        return None
    push, ledger = listing.pushes[-1], listing.ledger
    read = reads.before(listing.push_seqs[-1], queries=True)
    visible = history.deliveries.visible_version.get(final.sku, [])
    if read is None or read.version + 1 >= len(visible) or sum(one.query for one in reads.reads) < READS_MIN:
        return None
    shows = max(0, ledger.available[ledger.last_state(read.version)] - history.safety_stock)
    known_ns, read_ns = visible[read.version + 1], _read_ns(case, read)
    if push.quantity != shows or not read_ns <= known_ns < push.at_ns:
        return None
    return _Old(final, push, read_ns, known_ns)


def _read_ns(case: Case, read: Read) -> int:
    return case.history.facts[read.seq].at_ns


def _told(case: Case, one: _Old) -> str:
    ago = (one.push.at_ns - one.read_ns) / MILLISECOND_NS
    return (
        f"{one.final.sku} on {one.final.channel} was set to {one.push.quantity} at {case.when(one.push.at_ns)}, as "
        f"read {ago:,.0f} ms before; the service knew of the next change at {case.when(one.known_ns)}"
    )
