"""Stock movements paired with every other channel's listing: which pairs were owed, and when they were reflected.

A pair is *owed* when the listing was wrong at the moment the movement fired: outside [floor, ceiling] of the version
that the movement made, or, for a marketplace's order, above what was left. It ends when a push reflects it. It is
*moot* when the listing became right before that without a push; its latency is then only bounded from below, by the
time for which the listing was wrong. A push after which the listing is right reflects everything before it. An owed
pair that is not reflected at rest counts as infinite. One that is not reflected when the run ends without rest, or with
something pending for its SKU, is *open*: its latency is at least the time until then.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Set
from typing import Final

import msgspec

from stockstorm.reports.history.channel_orders import ChannelOrders, Effect
from stockstorm.reports.history.deliveries import NEVER_NS, Deliveries, first_attempt_ns
from stockstorm.reports.history.ledgers import Ledger, moves_stock
from stockstorm.reports.history.listings import Listing
from stockstorm.reports.history.log import FactLog
from stockstorm.simulator.history.facts import ListingPushed

NEVER_SEQ: Final = 2**62
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
    open: bool = False  # not reflected and still pending when the run ended; `ended_ns` is that end

    @property
    def latency_ms(self) -> float:
        """Fired to reflected. A lower bound for a moot or open pair; infinite for a pair that was never reflected."""
        return math.inf if self.ended_ns == NEVER_NS else (self.ended_ns - self.fired_ns) / 1e6

    @property
    def visible_latency_ms(self) -> float:
        """Visible to reflected, at least 0; infinite for a pair that was never reflected."""
        return math.inf if self.ended_ns == NEVER_NS else max(0, self.ended_ns - self.visible_ns) / 1e6


class SyncPairs(msgspec.Struct):
    """All owed pairs in order of time, and the number of pairs that were not owed."""

    pairs: list[SyncPair]
    not_owed: int


class _Movement(msgspec.Struct, gc=False):
    """A version of the master that moved stock by itself, or the effect of a marketplace's order."""

    source: str
    seq: int
    fired_ns: int
    visible_ns: int
    subscribed: bool  # at least one subscription covered its event
    written: int  # sequence number of the master's row that includes it; NEVER_SEQ: none does
    state: int  # of the master that it made; -1 for an effect of a marketplace's order
    effect: Effect | None


class _Righted(msgspec.Struct, gc=False):
    """Sequence numbers at which a listing stopped being too high, and too low."""

    not_high: list[int]
    not_low: list[int]


def build_sync_pairs(
    log: FactLog,
    orders: ChannelOrders,
    ledgers: Mapping[str, Ledger],
    listings: Mapping[tuple[str, str], Listing],
    deliveries: Deliveries,
) -> SyncPairs:
    """Every owed pair of a run."""
    effects: dict[str, list[Effect]] = {}
    for effect in orders.effects:
        if effect.version >= 0 or not effect.settled:
            effects.setdefault(effect.sku, []).append(effect)
    found = SyncPairs([], 0)
    for sku, ledger in ledgers.items():
        moved = [*_of_master(deliveries, sku, ledger), *_of_channels(deliveries, effects.get(sku, []))]
        if not moved:
            continue
        for channel in log.marketplaces:
            listing = listings[channel, sku]
            righted = _righted(ledger, listing)
            for movement in moved:
                if movement.source != channel:
                    _judge(log, listing, righted, movement, found)
    found.pairs.sort(key=lambda pair: pair.seq)
    return found


def bound_open(found: SyncPairs, at_rest: bool, pending_skus: Set[str], end_ns: int) -> None:
    """Marks the pairs that can still be reflected as open. Their latency is at least the time until `end_ns`."""
    for pair in found.pairs:
        if pair.ended_ns == NEVER_NS and (not at_rest or pair.sku in pending_skus):
            pair.open, pair.ended_ns = True, max(end_ns, pair.fired_ns)


def _of_master(deliveries: Deliveries, sku: str, ledger: Ledger) -> Iterator[_Movement]:
    visible = deliveries.visible_version[sku]
    for state, cause in enumerate(ledger.causes):
        if moves_stock(cause):
            seq, seen = ledger.seqs[state], visible[ledger.numbers[state]]
            event = deliveries.version_event.get((sku, ledger.numbers[state]), -1)
            subscribed = event not in deliveries.unheard
            yield _Movement("", seq, ledger.times_ns[state], seen, subscribed, seq, state, None)


def _of_channels(deliveries: Deliveries, effects: list[Effect]) -> Iterator[_Movement]:
    for effect in effects:
        event = deliveries.order_event.get((effect.order, TOPICS[effect.kind]), -1)
        if effect.kind == "sale":
            seen = deliveries.visible_order.get(effect.order, NEVER_NS)
        else:
            seen = first_attempt_ns(deliveries, event)
        written = effect.version_seq if effect.version >= 0 else NEVER_SEQ
        subscribed = event not in deliveries.unheard
        yield _Movement(effect.channel, effect.seq, effect.at_ns, seen, subscribed, written, -1, effect)


def _judge(log: FactLog, listing: Listing, righted: _Righted, movement: _Movement, found: SyncPairs) -> None:
    side = _side(listing, movement)
    if side == 0:
        found.not_owed += 1
        return
    moments = righted.not_high if side > 0 else righted.not_low
    index = bisect_right(moments, movement.seq)
    right_seq = moments[index] if index < len(moments) else NEVER_SEQ
    push = _reflecting_push(listing, movement)
    pushed_seq = listing.push_seqs[push] if push < len(listing.pushes) else NEVER_SEQ
    moot = right_seq < pushed_seq and not isinstance(log.facts[right_seq], ListingPushed)
    ended = min(right_seq, pushed_seq)
    ended_ns = log.facts[ended].at_ns if ended != NEVER_SEQ else NEVER_NS
    # A subject that polls could read at any time. Counted from the API's answer, its latency would lack the wait
    # between two polls, so it counts from the moment the movement fired.
    fired_ns, visible_ns = movement.fired_ns, movement.visible_ns if movement.subscribed else movement.fired_ns
    pair = SyncPair(listing.channel, listing.ledger.item.sku, movement.seq, fired_ns, visible_ns, ended_ns, moot)
    found.pairs.append(pair)


def _side(listing: Listing, movement: _Movement) -> int:
    """1: the listing was too high when the movement fired; -1: too low; 0: right, so no push is owed."""
    ledger, seq = listing.ledger, movement.seq
    listed = listing.listed_at(seq)
    if movement.effect is None:
        if listed > ledger.ceiling(movement.state):
            return 1
        return -1 if listed < ledger.floor(movement.state, seq) else 0
    state = ledger.version_at(seq)
    left = ledger.left(state, seq) + ledger.netted_at(seq)
    if movement.effect.kind == "sale":
        return 1 if listed > max(0, left) else 0
    return -1 if listed < left + ledger.pending_back(state, seq) else 0


def _reflecting_push(listing: Listing, movement: _Movement) -> int:
    """Index of the first push that reflects the movement.

    A subject that nets can show a sale before the master includes it. Everything else shows once the master does.
    """
    effect = movement.effect
    nets = effect is not None and effect.kind == "sale" and effect.version >= 0 and not listing.plain
    change = movement.seq if nets else movement.written
    visible_ns = movement.visible_ns if movement.visible_ns != NEVER_NS else 0
    return listing.first_knowing(change, visible_ns)


def _righted(ledger: Ledger, listing: Listing) -> _Righted:
    """Replays everything that changes what is left or what is listed, and notes when the listing becomes right.

    A listing is too high above what is left, and too low below that plus the units that came back and are not recorded.
    """
    tracks = (
        zip(ledger.seqs, ledger.base, strict=True),
        zip(ledger.sale_seqs, ledger.sale_totals, strict=True),
        zip(ledger.netted_seqs, ledger.netted_totals, strict=True),
        zip(ledger.back_seqs, ledger.back_totals, strict=True),
        zip(ledger.seqs, ledger.back_included, strict=True),
        zip(listing.seqs, listing.listed, strict=True),
    )
    changes = sorted((seq, what, value) for what, track in enumerate(tracks) for seq, value in track)
    state = [ledger.base[0], 0, 0, 0, 0, listing.listed[0]]
    righted = _Righted([], [])
    high = low = False
    for seq, what, value in changes:
        state[what] = value
        base, sold, netted, back, recorded, listed = state
        left = base - sold + netted - ledger.safety
        was_high, was_low = high, low
        high, low = listed > max(0, left), listed < max(0, left + back - recorded)
        if was_high and not high:
            righted.not_high.append(seq)
        if was_low and not low:
            righted.not_low.append(seq)
    return righted
