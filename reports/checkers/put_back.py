"""Put back: whether pushes offer again what a marketplace has just sold and has told the subject.

Between a marketplace's sale and the master's record of it lies a time in which the master shows too many units. A
subject that pushes what the master shows in that time offers the sold units again, on the very channel that sold them.
One such push can be a matter of latency, so only clear sales count: the listing was right before the sale, the sale had
been acknowledged for SETTLED_NS when the next push of that listing began, and nothing else had moved that SKU. That
push can have no other occasion. If it offers the sold units again in SHARE_MAX of the cases, the subject ignores orders
that it knows.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from stockstorm.reports.checkers.checker import Checker, Measure
from stockstorm.reports.history import History
from stockstorm.reports.history.ledgers import Ledger
from stockstorm.reports.history.listings import Listing
from stockstorm.reports.history.order_effects import Effect
from stockstorm.reports.result import Check, Incident, Tally, counted, units
from stockstorm.simulator.clock import MILLISECOND_NS
from stockstorm.simulator.history import facts as f

SETTLED_NS: Final = 50 * MILLISECOND_NS
CASES_MIN: Final = 20
SHARE_MAX: Final = 0.5


class NextPush(NamedTuple):
    """A clear sale, and the next push of the listing that it lowered."""

    sale: Effect
    push: f.ListingPushed
    put_back: bool  # the push offered the sold units again


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
            "sales that were acknowledged before the next push, with nothing else happening to their SKU",
            more_is_worse=None,
        ),
    )

    def __call__(self, history: History) -> Check:
        found = list(next_pushes(history))
        bad = [one for one in found if one.put_back]
        measures = {"put_back.sales": float(len(bad)), "put_back.of": float(len(found))}
        tally = Tally()
        if len(found) < CASES_MIN:
            reason = f"fewer than {CASES_MIN} marketplace sales were followed by a push with nothing in between"
            return tally.check(self.name, "not_exercised", reason, measures)
        reason = f"{len(bad):,} of {counted(len(found), 'sale')} were offered again by the next push of their listing"
        if len(bad) < max(CASES_MIN, SHARE_MAX * len(found)):
            return tally.check(self.name, "valid", reason, measures)
        for one in bad:
            tally.add(_incident(history, one))
        return tally.check(self.name, "invalid", f"{reason}, although they had been acknowledged", measures)

    def exposure(self, history: History) -> dict[str, int]:
        return {"sales with a clear next push": sum(1 for _ in next_pushes(history))}


def next_pushes(history: History) -> Iterator[NextPush]:
    """Every clear sale with its next push, in order of the sales."""
    started = {call.request: call.started_ns for call in history.all(f.ApiCalled)}
    for sale in history.orders.effects:
        listing = history.listings.get((sale.channel, sale.sku))
        if sale.kind != "sale" or sale.version < 0 or listing is None or not _was_right(listing, sale):
            continue
        index = listing.last_push(sale.seq) + 1
        if index == len(listing.pushes) or _moved_meanwhile(listing, sale, listing.push_seqs[index]):
            continue
        push = listing.pushes[index]
        acknowledged_ns = _acknowledged_ns(history, sale.order)
        if acknowledged_ns and started.get(push.request, push.at_ns) - acknowledged_ns >= SETTLED_NS:
            written = sale.version_seq < listing.push_seqs[index]
            yield NextPush(sale, push, not written and push.quantity >= push.shown_before - sale.delta)


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


def _acknowledged_ns(history: History, order: int) -> int:
    """When the subject had first acknowledged the news of a sale. 0: never."""
    event = history.deliveries.order_event.get((order, "order.created"), -1)
    of_event = history.deliveries.by_event.get(event, ())
    return min((one.ended_ns for one in of_event if one.outcome == "acknowledged"), default=0)


def _incident(history: History, one: NextPush) -> Incident:
    sale, push = one.sale, one.push
    told = (_acknowledged_ns(history, sale.order) - sale.at_ns) / MILLISECOND_NS
    text = (
        f"{push.channel} sold {units(-sale.delta)} of {push.sku} at {history.offset(sale.at_ns)} and said so "
        f"{told:,.0f} ms later; at {history.offset(push.at_ns)} the next push set it from {push.shown_before} to "
        f"{push.quantity} again"
    )
    event = history.deliveries.order_event.get((sale.order, "order.created"), -1)
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
