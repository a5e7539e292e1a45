"""Movements of physical stock paired with every other channel's listing: which were owed, and when they were reflected.

A pair is *owed* when the listing was wrong at the moment the movement fired: outside [floor, ceiling] of the version
that it made, or, for a marketplace's order, showing more than was left. It ends when a push reflects it, or is *moot*
when before that the listing became right without one: then of its latency only the least is known, the time for which
the listing was wrong. A push after which the listing is right reflects everything before it. What is owed at rest
counts as infinite.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import msgspec

from stockstorm.reports.history.channel_orders import Effect
from stockstorm.reports.history.deliveries import NEVER_NS, first_attempt_ns
from stockstorm.reports.history.ledgers import Ledger, is_movement
from stockstorm.reports.history.listings import Shelf
from stockstorm.simulator.history.facts import ListingPushed

if TYPE_CHECKING:
    from stockstorm.reports.history import History

NEVER_SEQ: Final = 2**62
TOPICS: Final = {"sale": "order.created", "cancelled": "order.cancelled", "returned": "order.returned"}


class Pair(msgspec.Struct, gc=False):
    """One movement and one listing that owed it a push."""

    channel: str
    sku: str
    seq: int
    fired_ns: int
    visible_ns: int  # NEVER_NS: the subject could not see it; when it fired, if the subject did not ask to be told
    ended_ns: int  # NEVER_NS: not reflected at rest
    moot: bool

    @property
    def latency_ms(self) -> float:
        """Fired → reflected, of a moot pair its least; infinite when it never was."""
        return math.inf if self.ended_ns == NEVER_NS else (self.ended_ns - self.fired_ns) / 1e6

    @property
    def visible_latency_ms(self) -> float:
        """Visible → reflected, at least 0; infinite when it never was."""
        return math.inf if self.ended_ns == NEVER_NS else max(0, self.ended_ns - self.visible_ns) / 1e6


class Movements(msgspec.Struct):
    """All owed pairs in order of time, and how many were not owed."""

    pairs: list[Pair]
    not_owed: int


class _Movement(msgspec.Struct, gc=False):
    """What moved: a version of the master, or an effect that a marketplace brought about."""

    source: str
    seq: int
    fired_ns: int
    visible_ns: int
    told: bool  # somebody was subscribed to its event
    written: int  # sequence number of the master's row that includes it; NEVER_SEQ: none does
    state: int  # of the master that it made, -1 for what happened on a marketplace
    effect: Effect | None


class _Errors(msgspec.Struct, gc=False):
    """When a listing stopped being too high, and when it stopped being too low."""

    not_high: list[int]
    not_low: list[int]


def movements(history: "History") -> Movements:
    """Every owed pair of a run."""
    effects: dict[str, list[Effect]] = {}
    for effect in history.orders.effects:
        if effect.version >= 0 or not effect.settled:
            effects.setdefault(effect.sku, []).append(effect)
    found = Movements([], 0)
    for sku, ledger in history.ledgers.items():
        moved = [*_of_master(history, sku, ledger), *_of_channels(history, effects.get(sku, []))]
        if not moved:
            continue
        for channel in history.marketplaces:
            shelf = history.shelves[channel, sku]
            errors = _errors(ledger, shelf)
            for movement in moved:
                if movement.source != channel:
                    _judge(history, shelf, errors, movement, found)
    found.pairs.sort(key=lambda pair: pair.seq)
    return found


def _of_master(history: "History", sku: str, ledger: Ledger) -> Iterator[_Movement]:
    dispatch = history.dispatch
    visible = dispatch.visible_version[sku]
    for state, cause in enumerate(ledger.causes):
        if is_movement(cause):
            seq, seen = ledger.seqs[state], visible[ledger.numbers[state]]
            told = dispatch.version_event.get((sku, ledger.numbers[state]), -1) not in dispatch.unheard
            yield _Movement("", seq, ledger.times_ns[state], seen, told, seq, state, None)


def _of_channels(history: "History", effects: list[Effect]) -> Iterator[_Movement]:
    dispatch = history.dispatch
    for effect in effects:
        event = dispatch.order_event.get((effect.order, TOPICS[effect.kind]), -1)
        if effect.kind == "sale":
            seen = dispatch.visible_order.get(effect.order, NEVER_NS)
        else:
            seen = first_attempt_ns(dispatch, event)
        written = effect.version_seq if effect.version >= 0 else NEVER_SEQ
        told = event not in dispatch.unheard
        yield _Movement(effect.channel, effect.seq, effect.at_ns, seen, told, written, -1, effect)


def _judge(history: "History", shelf: Shelf, errors: _Errors, movement: _Movement, found: Movements) -> None:
    side = _side(shelf, movement)
    if side == 0:
        found.not_owed += 1
        return
    righted = errors.not_high if side > 0 else errors.not_low
    index = bisect_right(righted, movement.seq)
    moot_seq = righted[index] if index < len(righted) else NEVER_SEQ
    push = _reflecting_push(shelf, movement)
    pushed_seq = shelf.push_seqs[push] if push < len(shelf.pushes) else NEVER_SEQ
    moot = moot_seq < pushed_seq and not isinstance(history.facts[moot_seq], ListingPushed)
    ended = min(moot_seq, pushed_seq)
    ended_ns = history.facts[ended].at_ns if ended != NEVER_SEQ else NEVER_NS
    # Who polls could ask at any time: counted from its own answer, its latency would lack the wait between two polls.
    fired_ns, visible_ns = movement.fired_ns, movement.visible_ns if movement.told else movement.fired_ns
    found.pairs.append(Pair(shelf.channel, shelf.ledger.item.sku, movement.seq, fired_ns, visible_ns, ended_ns, moot))


def _side(shelf: Shelf, movement: _Movement) -> int:
    """1: the listing was too high when the movement fired, -1: too low, 0: right, so nothing is owed."""
    ledger, seq = shelf.ledger, movement.seq
    listed = shelf.listed_at(seq)
    if movement.effect is None:
        if listed > ledger.ceiling(movement.state):
            return 1
        return -1 if listed < ledger.floor(movement.state, seq) else 0
    state = ledger.version_at(seq)
    left = ledger.left(state, seq) + ledger.netted_at(seq)
    if movement.effect.kind == "sale":
        return 1 if listed > max(0, left) else 0
    return -1 if listed < left + ledger.pending_back(state, seq) else 0


def _reflecting_push(shelf: Shelf, movement: _Movement) -> int:
    """A subject that nets can show a sale before it is written; everything else shows when the master includes it."""
    effect = movement.effect
    nets = effect is not None and effect.kind == "sale" and effect.version >= 0 and not shelf.plain
    change = movement.seq if nets else movement.written
    visible_ns = movement.visible_ns if movement.visible_ns != NEVER_NS else 0
    return shelf.first_knowing(change, visible_ns)


def _errors(ledger: Ledger, shelf: Shelf) -> _Errors:
    """Walk through everything that changes what is left or what is listed, and note when the listing becomes right.

    It is too high above what is left, and too low below that with the units that came back and are not yet recorded.
    """
    tracks = (
        zip(ledger.seqs, ledger.base, strict=True),
        zip(ledger.sale_seqs, ledger.sale_totals, strict=True),
        zip(ledger.netted_seqs, ledger.netted_totals, strict=True),
        zip(ledger.back_seqs, ledger.back_totals, strict=True),
        zip(ledger.seqs, ledger.back_included, strict=True),
        zip(shelf.seqs, shelf.listed, strict=True),
    )
    changes = sorted((seq, what, value) for what, track in enumerate(tracks) for seq, value in track)
    state = [ledger.base[0], 0, 0, 0, 0, shelf.listed[0]]
    errors = _Errors([], [])
    high = low = False
    for seq, what, value in changes:
        state[what] = value
        base, sold, netted, back, recorded, listed = state
        left = base - sold + netted - ledger.safety
        was_high, was_low = high, low
        high, low = listed > max(0, left), listed < max(0, left + back - recorded)
        if was_high and not high:
            errors.not_high.append(seq)
        if was_low and not low:
            errors.not_low.append(seq)
    return errors
