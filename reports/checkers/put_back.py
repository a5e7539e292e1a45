"""Put back: whether pushes offer again what a marketplace has just sold and has told the subject.

Between a marketplace's sale and the master's record of it lies a time in which the master shows too many units. A
subject that pushes what the master shows in that time offers the sold units again, on the very channel that sold them.
One such push can be a matter of latency, so only clear sales count: the listing was right before the sale, the subject
had been told of it for TOLD_NS when the next push of that listing began, and nothing else had moved that SKU, nor had
for as long before as the subject takes (`_alone_ns`). That push can have no other occasion. If it offers the sold units
again in SHARE_MAX of the cases, or in nearly all of a few, the subject ignores orders that it knows. One call that
pushes many listings is one occasion: it may rest on one late read of the master.

A call that mostly repeats what listings show and were set to last has another occasion: a start, or an interval. It
proves nothing against the subject unless that had known the order for as long as it takes (`_alone_ns`).
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.history import History
from stockstorm.reports.history.ledgers import Ledger
from stockstorm.reports.history.listings import Listing
from stockstorm.reports.history.order_effects import Effect
from stockstorm.reports.result import Check, Incident, Tally, counted, units, verb
from stockstorm.reports.statistics.quantiles import quantile
from stockstorm.simulator.clock import MILLISECOND_NS
from stockstorm.simulator.history import facts as f

TOLD_NS: Final = 10 * MILLISECOND_NS
ALONE_MIN_NS: Final = 500 * MILLISECOND_NS
EXAMINED_MAX: Final = 5_000  # sales, evenly chosen: more prove no more
CASES_MIN: Final = 20
SHARE_MAX: Final = 0.5
FEW_MIN: Final = 8  # are enough where it is FEW_SHARE of them; of sound services it is a tenth at most
FEW_SHARE: Final = 0.9
SAME_SHARE: Final = 0.5  # of the rows of a call


class NextPush(NamedTuple):
    """A clear sale, and the next push of the listing that it lowered."""

    sale: Effect
    push: f.ListingPushed
    put_back: bool  # the push offered the sold units again
    tells: bool  # the push had no other occasion than the sale


class PutBack(Checker):
    name = "put_back"
    measures = (
        Measure(
            "put_back.sales", "sold units offered again", "count", "sales whose units the next push offered once more"
        ),
        Measure(
            "put_back.of",
            "sales with a clear next push",
            "count",
            "sales that the subject was told of before the next push, with nothing else happening to their SKU",
            more_is_worse=None,
        ),
    )

    def __call__(self, history: History) -> Check:
        found = list(next_pushes(history))
        bad = [one for one in found if one.put_back]
        clear = sum(one.tells for one in found)
        measures = {"put_back.sales": float(len(bad)), "put_back.of": float(clear)}
        check = self._judged(history, found, bad, measures)
        return msgspec.structs.replace(check, exposure={"sales with a clear next push": clear})

    def _judged(
        self, history: History, found: list[NextPush], bad: list[NextPush], measures: dict[str, float]
    ) -> Check:
        tally = Tally()
        invalid = _ignores_orders(found, bad)
        clear = sum(one.tells for one in found)
        if clear < CASES_MIN and not invalid:
            reason = f"fewer than {CASES_MIN} marketplace sales were followed by a push with nothing in between"
            return tally.check(self.name, "not_exercised", reason, measures)
        reason = (
            f"{len(bad):,} of {counted(clear, 'sale')} "
            f"{verb(len(bad), 'were')} offered again by the next push of their listing"
        )
        if not invalid:
            return tally.check(self.name, "valid", reason, measures)
        for one in bad:
            tally.add(_incident(history, one))
        return tally.check(self.name, "invalid", f"{reason}, although the subject had been told of them", measures)


def _ignores_orders(found: list[NextPush], bad: list[NextPush]) -> bool:
    occasions, share = _occasions(bad), len(bad) / max(1, len(found))
    return (occasions >= CASES_MIN and share >= SHARE_MAX) or (occasions >= FEW_MIN and share >= FEW_SHARE)


def _occasions(found: list[NextPush]) -> int:
    """How many calls made these pushes."""
    return len({one.push.request if one.push.request >= 0 else -1 - one.push.at_ns for one in found})


def next_pushes(history: History) -> Iterator[NextPush]:
    """Every clear sale with its next push, in order of the sales."""
    sales = [effect for effect in history.orders.effects if effect.kind == "sale" and effect.version >= 0]
    started = {call.request: call.started_ns for call in history.all(f.ApiCalled)}
    alone_ns, listed_anew = _alone_ns(history), _listed_anew(history)
    for sale in sales[:: max(1, -(-len(sales) // EXAMINED_MAX))]:
        listing = history.listings.get((sale.channel, sale.sku))
        if listing is None or sale.at_ns - _moved_before_ns(history, listing.ledger, sale.seq - 1) < alone_ns:
            continue
        if not _was_right(listing, sale):
            continue
        index = listing.last_push(sale.seq) + 1
        if index == len(listing.pushes) or _moved_meanwhile(listing, sale, listing.push_seqs[index]):
            continue
        push = listing.pushes[index]
        told_ns = _told_ns(history, sale.order)
        known_ns = started.get(push.request, push.at_ns) - told_ns
        if told_ns and known_ns >= TOLD_NS:
            written = sale.version_seq < listing.push_seqs[index]
            tells = known_ns >= alone_ns or push.request not in listed_anew
            put_back = tells and not written and push.quantity >= push.shown_before - sale.delta
            yield NextPush(sale, push, put_back, tells)


def _listed_anew(history: History) -> frozenset[int]:
    """Calls that mostly repeat what listings show and were set to last, or set them for the first time."""
    rows, same = Counter[int](), Counter[int]()
    for listing in history.listings.values():
        before = None
        for push in listing.pushes:
            rows[push.request] += 1
            same[push.request] += before is None or push.quantity == push.shown_before == before
            before = push.quantity
    return frozenset(call for call, count in same.items() if call >= 0 and count > SAME_SHARE * rows[call])


def _alone_ns(history: History) -> float:
    """How long a SKU must have been left alone before a sale. What happened to it before has been pushed by then."""
    latencies = history.sync_samples.visible.finite
    return max(ALONE_MIN_NS, quantile(latencies, 0.5) * MILLISECOND_NS) if latencies else ALONE_MIN_NS


def _moved_before_ns(history: History, ledger: Ledger, seq: int) -> int:
    """When the SKU last moved, in the master or on a marketplace, by this moment. 0: it never did."""
    version = ledger.version_at(seq)
    found = [ledger.times_ns[version]] if version else [0]
    for seqs in (ledger.sale_seqs, ledger.back_seqs, ledger.netted_seqs):
        index = bisect_right(seqs, seq) - 1
        if index >= 0:
            found.append(history.facts[seqs[index]].at_ns)
    return max(found)


def _was_right(listing: Listing, sale: Effect) -> bool:
    """Whether the listing showed exactly what was left, just before the sale."""
    ledger, before = listing.ledger, sale.seq - 1
    return listing.listed_at(before) == max(0, _left(ledger, before))


def _left(ledger: Ledger, seq: int) -> int:
    version = ledger.version_at(seq)
    return ledger.left(version, seq) + ledger.netted_at(seq) + ledger.pending_back(version, seq)


def _moved_meanwhile(listing: Listing, sale: Effect, push_seq: int) -> bool:
    """Whether anything besides the sale moved the SKU between the sale and the push."""
    ledger, before = listing.ledger, sale.seq - 1
    first, last = ledger.version_at(before), ledger.version_at(push_seq)
    written = sale.version_seq < push_seq
    sold = ledger.accepted_at(push_seq) - ledger.accepted_at(before)
    changed = ledger.available[last] - ledger.available[first] != (sale.delta if written else 0)
    return changed or last - first > 1 or sold != -sale.delta or _left(ledger, push_seq) != _left(ledger, sale.seq)


def _told_ns(history: History, order: int) -> int:
    """When the first delivery of the news of a sale began. 0: never."""
    return history.deliveries.first_attempt_ns.get(_event(history, order), 0)


def _event(history: History, order: int) -> int:
    return history.deliveries.order_event.get((order, "order.created"), -1)


def _incident(history: History, one: NextPush) -> Incident:
    sale, push = one.sale, one.push
    told = (_told_ns(history, sale.order) - sale.at_ns) / MILLISECOND_NS
    text = (
        f"{push.channel} sold {units(-sale.delta)} of {push.sku} at {history.offset(sale.at_ns)} and told it "
        f"{told:,.0f} ms later; at {history.offset(push.at_ns)} the next push set it from {push.shown_before} to "
        f"{push.quantity} again"
    )
    event = _event(history, sale.order)
    return Incident(
        "put_back",
        push.at_ns,
        text,
        channel=push.channel,
        sku=push.sku,
        order=sale.order,
        units=-sale.delta,
        events=(event,) if event >= 0 else (),
        requests=(push.request,) if push.request >= 0 else (),
    )
