"""Stock movements paired with every other channel's listing: which pairs were owed, and when they were reflected.

A pair is *owed* when the listing was wrong at the moment the movement fired: outside [floor, ceiling] of the version
that the movement made, or, for a marketplace's order, above what was left. Of a subject that declared to list less on
purpose, too few units are not wrong. It ends when a push reflects it. It is
*moot* when the listing became right before that without a push; its latency is then only bounded from below, by the
time for which the listing was wrong. A push after which the listing is right reflects everything before it. An owed
pair that is not reflected at rest counts as infinite. One that is not reflected when the run ends without rest, or with
something pending for its SKU, is *open*: its latency is at least the time until then.
"""

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import compress, repeat, starmap
from operator import attrgetter, itemgetter, not_
from typing import Any, Final

import msgspec

from stockstorm.reports.history.channel_orders import ChannelOrders
from stockstorm.reports.history.deliveries import NEVER_NS, Deliveries
from stockstorm.reports.history.ledgers import NO_LIMIT, Ledger, moves_stock
from stockstorm.reports.history.listings import Listing
from stockstorm.reports.history.log import FactLog
from stockstorm.reports.history.marketplaces import Absences, Silences
from stockstorm.reports.history.order_effects import Effect
from stockstorm.reports.history.righted import Righted, needs_of, righted_of
from stockstorm.reports.statistics.samples import Samples
from stockstorm.simulator.history.facts import ListingPushed, OrderCancelled, OrderReturned, PurchaseAccepted

NEVER_SEQ: Final = 2**62
# A version of the master that moved stock by itself, or the effect of a marketplace's order. A plain tuple is made and
# unpacked in half the time that a structure takes.
#   source, sequence number, fired, visible
#   seen: in ns; before it no push can include the movement other than by chance
#   most, least: a listing above or below was too high or too low when the movement fired
#   change: sequence number that a push must include to reflect it; NEVER_SEQ: there is none
_Movement = tuple[str, int, int, int, int, int, int, int]
_Row = tuple[str, str, int, int, int, int, bool, float, float]  # the first fields of a `SyncPair`
COLUMNS: Final = (("q", "fired_ns"), ("d", "latency_ms"), ("q", "visible_ns"), ("d", "visible_latency_ms"))
TOPICS: Final = {"sale": "order.created", "cancelled": "order.cancelled", "returned": "order.returned"}


class SyncPair(msgspec.Struct, gc=False):
    """One movement and one listing that owed it a push."""

    channel: str
    sku: str
    seq: int
    fired_ns: int
    visible_ns: int  # NEVER_NS: never visible to the subject; fired_ns if the subject did not subscribe
    ended_ns: int  # NEVER_NS: not reflected at rest
    moot: bool
    latency_ms: float  # fired to reflected; a lower bound for a moot or open pair; infinite if it was never reflected
    visible_latency_ms: float  # visible to reflected, at least 0; infinite if it was never reflected
    open: bool = False  # not reflected and still pending when the run ended; `ended_ns` is that end
    excused_ns: int = 0  # time in which the marketplace took no push; the latencies are without it


class SyncPairs(msgspec.Struct):
    """All owed pairs in order of time, and the number of pairs that were not owed."""

    pairs: list[SyncPair]
    not_owed: int

    @property
    def unreflected(self) -> list[SyncPair]:
        """Those that no push reflected and that did not become moot."""
        return [pair for pair in self.pairs if pair.ended_ns == NEVER_NS]


class SyncSamples(msgspec.Struct, frozen=True):
    """Latencies of pairs, at the time when each movement fired. Infinite for a pair that was never reflected.

    `visible` counts from visible, and lacks pairs that the subject could never see.
    """

    fired: Samples
    visible: Samples

    @classmethod
    def of(cls, pairs: Iterable[SyncPair]) -> tuple["SyncSamples", "SyncSamples"]:
        """Pairs in order of time: without those that became moot, and with them."""
        every = list(pairs)
        columns = [array(code, map(attrgetter(field), every)) for code, field in COLUMNS]
        moot = list(map(attrgetter("moot"), every))
        found = cls._of(columns)
        return found if not any(moot) else cls._of([_kept(column, map(not_, moot)) for column in columns]), found

    @classmethod
    def _of(cls, columns: "Sequence[array[Any]]") -> "SyncSamples":
        fired_ns, latency_ms, visible_ns, visible_latency_ms = columns
        fired = Samples(fired_ns, latency_ms)
        if NEVER_NS not in visible_ns:
            return cls(fired, Samples(fired_ns, visible_latency_ms))
        seen = [at_ns != NEVER_NS for at_ns in visible_ns]
        return cls(fired, Samples(_kept(fired_ns, seen), _kept(visible_latency_ms, seen)))


def _kept(column: "array[Any]", keep: Iterable[bool]) -> "array[Any]":
    return array(column.typecode, compress(column, keep))


def build_sync_pairs(
    log: FactLog,
    orders: ChannelOrders,
    ledgers: Mapping[str, Ledger],
    listings: Mapping[tuple[str, str], Listing],
    deliveries: Deliveries,
) -> SyncPairs:
    """Every owed pair of a run.

    The pairs are made in order of time, so that those who visit them later find them side by side in memory.
    """
    effects: dict[str, list[Effect]] = {}
    for effect in orders.effects:
        if effect.version >= 0 or not effect.settled:
            effects.setdefault(effect.sku, []).append(effect)
    plain = any(listing.plain for listing in listings.values())
    rows: list[_Row] = []
    not_owed = 0
    for sku, ledger in ledgers.items():
        moved = [*_of_master(deliveries, ledger), *_of_channels(deliveries, ledger, effects.get(sku, []), plain)]
        if not moved:
            continue
        needs = needs_of(ledger)
        for channel in log.marketplaces:
            listing = listings[channel, sku]
            not_owed += _judge(log, listing, righted_of(needs, listing), moved, rows)
    rows.sort(key=itemgetter(2))
    return SyncPairs(list(starmap(SyncPair, rows)), not_owed)


def bound_open(unreflected: Iterable[SyncPair], at_rest: bool, pending_skus: Set[str], end_ns: int) -> None:
    """Marks the pairs that can still be reflected as open. Their latency is at least the time until `end_ns`."""
    for pair in unreflected:
        if not at_rest or pair.sku in pending_skus:
            pair.open, pair.ended_ns = True, max(end_ns, pair.fired_ns)
            pair.latency_ms, pair.visible_latency_ms = _latencies(pair.fired_ns, pair.visible_ns, pair.ended_ns)


def excuse(found: SyncPairs, absences: Mapping[str, Absences], silences: Silences, log: FactLog) -> None:
    """Takes the time off each latency in which the listing's marketplace could not be called.

    Also the time in which the marketplace of the movement told nobody of it.
    """
    for pair in found.pairs:
        if pair.ended_ns == NEVER_NS:
            continue
        away = absences.get(pair.channel)
        seen_ns = min(max(pair.fired_ns, pair.visible_ns), pair.ended_ns)
        excused = [away.within(begin, pair.ended_ns) for begin in (pair.fired_ns, seen_ns)] if away else [0, 0]
        if silences:
            unknown = [_untold_ns(log, silences, pair, begin) for begin in (pair.fired_ns, seen_ns)]
            excused = [max(both) for both in zip(excused, unknown, strict=True)]
        if excused[0]:
            pair.excused_ns = excused[0]
            pair.latency_ms -= excused[0] / 1e6
            pair.visible_latency_ms = max(0.0, pair.visible_latency_ms - excused[1] / 1e6)


def _untold_ns(log: FactLog, silences: Silences, pair: SyncPair, begin_ns: int) -> int:
    fact = log.facts[pair.seq]
    if not isinstance(fact, PurchaseAccepted | OrderCancelled | OrderReturned):
        return 0
    return silences.within(fact.channel, fact.order, begin_ns, pair.ended_ns)


# From when a push can include a movement: from when the subject can see it, if it ever can. From when its latency
# counts for the subject: the same; but a subject that polls could read at any time. Counted from the API's answer, its
# latency would lack the wait between two polls, so it counts from the moment the movement fired.


def _of_master(deliveries: Deliveries, ledger: Ledger) -> Iterator[_Movement]:
    sku, safety, unheard = ledger.item.sku, ledger.safety, deliveries.unheard
    visible, version_event = deliveries.visible_version[sku], deliveries.version_event
    moved = [state for state, cause in enumerate(ledger.causes) if moves_stock(cause)]
    seqs = [ledger.seqs[state] for state in moved]
    for state, seq, sold in zip(moved, seqs, ledger.accepted_each(seqs), strict=True):
        fired_ns, number = ledger.times_ns[state], ledger.numbers[state]
        seen = visible[number]
        visible_ns = fired_ns if version_event.get((sku, number), -1) in unheard else seen
        most, least = ledger.available[state] - safety, ledger.base[state] - sold - safety
        yield (
            "", seq, fired_ns, visible_ns, seen if seen != NEVER_NS else 0,
            most if most > 0 else 0, least if least > 0 else 0, seq,
        )  # fmt: skip


def _of_channels(deliveries: Deliveries, ledger: Ledger, effects: list[Effect], plain: bool) -> Iterator[_Movement]:
    order_event, visible_order, first_attempt_ns, unheard = (
        deliveries.order_event, deliveries.visible_order, deliveries.first_attempt_ns, deliveries.unheard,
    )  # fmt: skip
    seqs = [effect.seq for effect in effects]
    lefts = ledger.left_each(seqs)
    for effect, seq, left in zip(effects, seqs, lefts, strict=True):
        kind, order, fired_ns, written = effect.kind, effect.order, effect.at_ns, effect.version >= 0
        event = order_event.get((order, TOPICS[kind]), -1)
        # A subject that nets can show a sale before the master includes it. All else shows once the master includes it.
        change = effect.version_seq if written else NEVER_SEQ
        if kind == "sale":
            seen = visible_order.get(order, NEVER_NS)
            most, least = left if left > 0 else 0, -NO_LIMIT
            change = seq if written and not plain else change
        else:
            seen = first_attempt_ns.get(event, NEVER_NS)
            most, least = NO_LIMIT, left + ledger.pending_back(ledger.version_at(seq), seq)
        visible_ns = fired_ns if event in unheard else seen
        yield effect.channel, seq, fired_ns, visible_ns, seen if seen != NEVER_NS else 0, most, least, change


def _judge(log: FactLog, listing: Listing, righted: Righted, moved: list[_Movement], rows: list[_Row]) -> int:
    """Pairs each movement of other channels with the listing. Returns the number of pairs that were not owed."""
    channel, sku, facts, add = listing.channel, listing.ledger.item.sku, log.facts, rows.append
    listed, known = [listing.listed[0], *listing.listed], listing.known
    push_seqs, push_times_ns = listing.push_seqs, listing.push_times_ns
    pushes, not_owed = len(push_seqs), 0
    others = [movement for movement in moved if movement[0] != channel]
    if log.lists_less:
        others = [(*movement[:6], -NO_LIMIT, movement[7]) for movement in others]
    shown_then = map(listed.__getitem__, map(bisect_right, repeat(listing.seqs), [each[1] for each in others]))
    # Unpacked and written out, because a look-up and a call for each field would take twice as long.
    for shown, (_, seq, fired_ns, visible_ns, seen_ns, most, least, change) in zip(shown_then, others, strict=True):
        if least <= shown <= most:
            not_owed += 1
            continue
        moments = righted.not_high if shown > most else righted.not_low
        after = bisect_right(moments, seq)
        right_seq = moments[after] if after < len(moments) else NEVER_SEQ
        knowing = bisect_left(known, change)  # as `Listing.first_knowing`
        push = bisect_left(push_times_ns, seen_ns, knowing)
        if push == pushes:
            push = knowing
        moot = False
        if push < pushes and push_seqs[push] <= right_seq:
            ended_ns = push_times_ns[push]
        elif right_seq != NEVER_SEQ:
            ended = facts[right_seq]
            ended_ns, moot = ended.at_ns, not isinstance(ended, ListingPushed)
        else:
            add((channel, sku, seq, fired_ns, visible_ns, NEVER_NS, False, math.inf, math.inf))
            continue
        from_visible = (ended_ns - visible_ns) / 1e6 if ended_ns > visible_ns else 0.0
        from_fired = (ended_ns - fired_ns) / 1e6
        add((channel, sku, seq, fired_ns, visible_ns, ended_ns, moot, from_fired, from_visible))
    return not_owed


def _latencies(fired_ns: int, visible_ns: int, ended_ns: int) -> tuple[float, float]:
    """Milliseconds from fired, and from visible. Infinite for a pair that was never reflected."""
    if ended_ns == NEVER_NS:
        return math.inf, math.inf
    return (ended_ns - fired_ns) / 1e6, (ended_ns - visible_ns) / 1e6 if ended_ns > visible_ns else 0.0
