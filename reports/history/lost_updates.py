"""Lost updates: sets without comparison that undid a change, because they ignored what was written since they read.

Three things prove one. *Unseen*: the set went over a change of another actor that neither an answer nor a delivery had
shown to the subject. *Named*: the set moved other units than the orders that it names, by exactly what was written
since a state that it can have read. *Balance*: at rest the SKU is off by exactly what the sets of that SKU undid, each
counted from the last read before it. A set that changes nothing is such a set too: of two equal ones, the second one
is lost.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Final, Literal

import msgspec

from stockstorm.reports.history.channel_orders import ChannelOrders
from stockstorm.reports.history.deliveries import NEVER_NS, Deliveries
from stockstorm.reports.history.ledgers import Ledger, moves_stock
from stockstorm.reports.history.log import FactLog
from stockstorm.reports.history.misfits import Misfit
from stockstorm.reports.history.order_effects import Row
from stockstorm.reports.history.reads import Read, Reads, reads_of
from stockstorm.simulator.history import facts as f

STATES_SEARCHED: Final = 64  # before a set, for the one that it was computed from
Proof = Literal["unseen", "named", "balance"]


class LostUpdate(msgspec.Struct, frozen=True):
    """A set that undid the changes after state `base`, up to state `before`.

    Both are states of the SKU's ledger, or of its part at `location` (-1: it has only one).
    """

    row: Row
    seq: int
    base: int
    before: int
    units: int  # by which the set changed the stock besides its own purpose: available(base) - available(before)
    read: int  # request of the answer that showed `base`; -1: not known
    proof: Proof
    other_read: int = -1  # request of the last other read before the erased change, if that was a set; -1: none
    location: int = -1


class _Set(msgspec.Struct):
    """A set without comparison."""

    row: Row
    seq: int
    before: int


def find_lost_updates(
    log: FactLog, orders: ChannelOrders, ledgers: Mapping[str, Ledger], deliveries: Deliveries
) -> list[LostUpdate]:
    """Every proven lost update, in order of time."""
    sets = _sets(log, ledgers)
    if not sets:
        return []
    reads = reads_of(log, {sku for sku, _ in sets})
    misfits = {misfit.seq: misfit for misfit in orders.misfits}
    off = _off_at_rest(log, deliveries)
    found: list[LostUpdate] = []
    for (sku, location), of_sku in sets.items():
        ledger, known = ledgers[sku].at(location), reads[sku]
        if location >= 0:
            known = _of_location(known, ledgers[sku], location)
        proven = [
            lost
            for each in of_sku
            if (lost := _unseen(each, ledger, known, deliveries)) is not None
            or (lost := _named(each, ledger, known, misfits.get(each.seq))) is not None
        ]
        if not proven and sku in off:
            nameless = [each for each in of_sku if not orders.named(each.row.reference)]
            proven = _by_balance(nameless, ledger, known, off[sku])
        found += [msgspec.structs.replace(_with_other_read(lost, ledger, known), location=location) for lost in proven]
    return sorted(found, key=lambda lost: lost.seq)


def sets_without_comparison(log: FactLog) -> Counter[str]:
    """How many rows of each SKU the subject set without comparison."""
    rows: Iterator[Row] = chain(log.all(f.StockChanged), log.all(f.StockUnmoved))
    return Counter(row.sku for row in rows if row.cause == "subject_set" and not row.compared)


def _of_location(reads: Reads, ledger: Ledger, location: int) -> Reads:
    """The answers that showed this location's level. One of an unchanged level may have shown it too."""
    return reads.only(lambda version: ledger.place(version) in (-1, location))


def _sets(log: FactLog, ledgers: Mapping[str, Ledger]) -> dict[tuple[str, int], list[_Set]]:
    """By SKU and, of a SKU with several locations, by location."""
    rows: list[tuple[int, Row]] = [
        (seq, row) for seq, row in log.numbered(f.StockChanged) if row.cause == "subject_set" and not row.compared
    ]
    rows += [(seq, row) for seq, row in log.numbered(f.StockUnmoved) if row.cause == "subject_set" and not row.compared]
    found: dict[tuple[str, int], list[_Set]] = {}
    for seq, row in sorted(rows, key=lambda entry: entry[0]):
        ledger = ledgers.get(row.sku)
        if ledger is not None:
            location = row.location_id if row.location_id in ledger.parts else -1
            before = ledger.at(location).version_at(seq - 1)
            found.setdefault((row.sku, location), []).append(_Set(row, seq, before))
    return found


def _off_at_rest(log: FactLog, deliveries: Deliveries) -> dict[str, int]:
    """By SKU, by how many units the master differed from the shelf at rest."""
    if log.unrest or deliveries.any_pending:
        return {}
    return {
        final.sku: final.available - final.physical
        for final in log.all(f.FinalStock)
        if final.available != final.physical
    }


def _unseen(each: _Set, ledger: Ledger, reads: Reads, deliveries: Deliveries) -> LostUpdate | None:
    """A set over another actor's change that the subject could not know."""
    known, first = reads.newest_before(each.seq), -1
    for state in range(each.before, ledger.last_state(known), -1):
        if _told(each.row, ledger.numbers[state], deliveries):
            break  # A later version tells of the earlier ones too.
        if moves_stock(ledger.causes[state]):
            first = state
    if first < 0 or ledger.available[first - 1] == ledger.available[each.before]:
        return None
    read = reads.before(each.seq)
    return _lost(each, ledger, first - 1, read.request if read is not None else -1, "unseen")


def _told(row: Row, version: int, deliveries: Deliveries) -> bool:
    """Whether an attempt to deliver the event of this version had begun before the row was written."""
    event = deliveries.version_event.get((row.sku, version), -1)
    return deliveries.first_attempt_ns.get(event, NEVER_NS) < row.at_ns


def _named(each: _Set, ledger: Ledger, reads: Reads, misfit: Misfit | None) -> LostUpdate | None:
    """A set whose quantity is right for an earlier state and the orders that it names."""
    if misfit is None:
        return None
    shown = {ledger.last_state(one.version): one for one in reads.reads if one.seq < each.seq and one.query}
    if _named_again(misfit) and (not shown or max(shown) >= each.before):
        return None
    wanted = ledger.available[each.before] + misfit.excess
    fits = [
        state
        for state in range(each.before - 1, max(-1, each.before - STATES_SEARCHED), -1)
        if ledger.available[state] == wanted
    ]
    base = next((state for state in fits if state in shown), None)
    if base is None and (not fits or _explained_by_orders(misfit)):
        return None
    return _lost(each, ledger, fits[0] if base is None else base, shown[base].request if base in shown else -1, "named")


def _named_again(misfit: Misfit) -> bool:
    """Whether orders that an earlier row named explain the difference: they were applied again."""
    return any(misfit.excess == effect.delta for effect in misfit.repeated) or (
        bool(misfit.repeated) and misfit.excess == sum(effect.delta for effect in misfit.repeated)
    )


def _explained_by_orders(misfit: Misfit) -> bool:
    return any(misfit.excess == effect.delta for effect in (*misfit.repeated, *misfit.effects))


def _by_balance(sets: list[_Set], ledger: Ledger, reads: Reads, off: int) -> list[LostUpdate]:
    """Sets over states that no read had shown, if they explain exactly by how much the SKU is off."""
    for queries in (True, False):
        found: list[LostUpdate] = []
        for each in sets:
            read = reads.before(each.seq, queries=queries)
            base = _base(ledger, read)
            if base is not None and ledger.available[base] != ledger.available[each.before]:
                found.append(_lost(each, ledger, base, read.request if read is not None else -1, "balance"))
        if found and sum(lost.units for lost in found) == off:
            return found
    return []


def _base(ledger: Ledger, read: Read | None) -> int | None:
    return None if read is None else ledger.last_state(read.version)


def _lost(each: _Set, ledger: Ledger, base: int, read: int, proof: Proof) -> LostUpdate:
    units = ledger.available[base] - ledger.available[each.before]
    return LostUpdate(each.row, each.seq, base, each.before, units, read, proof)


def _with_other_read(lost: LostUpdate, ledger: Ledger, reads: Reads) -> LostUpdate:
    for state in range(lost.before, lost.base, -1):
        if ledger.causes[state] == "subject_set":
            upto = bisect_left(reads.seqs, ledger.seqs[state])
            others = (read for read in reversed(reads.reads[:upto]) if read.query and read.request != lost.read)
            return msgspec.structs.replace(lost, other_read=next((read.request for read in others), -1))
    return lost
