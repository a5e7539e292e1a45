"""Builds the ledgers: the rows of the master and the effects of marketplace orders become states of each SKU."""

from itertools import accumulate

from stockstorm.reports.history.channel_orders import ChannelOrders
from stockstorm.reports.history.ledgers import BLOCK, Ledger
from stockstorm.reports.history.log import FactLog
from stockstorm.reports.history.order_effects import Effect
from stockstorm.reports.history.push_attribution import Curve
from stockstorm.reports.history.unanswered import unanswered_writes
from stockstorm.simulator.history import facts as f


def build_ledgers(log: FactLog, orders: ChannelOrders) -> dict[str, Ledger]:
    """Ledgers by SKU. Skips rows of SKUs that were never stocked. ValueError when versions have a gap."""
    ledgers = {fact.sku: _opened(fact, seq, log.safety_stock) for seq, fact in log.numbered(f.ItemStocked)}
    rows: list[tuple[int, f.StockChanged | f.StockUnmoved]] = [*log.numbered(f.StockUnmoved)]
    rows += log.numbered(f.StockChanged)
    rows.sort(key=lambda row: row[0])
    untold = unanswered_writes(log)
    for seq, row in rows:
        ledger = ledgers.get(row.sku)
        if ledger is not None:
            _append(ledger, seq, row)
            if row.request in untold:
                ledger.untold.append((len(ledger.seqs) - 1, untold[row.request]))
    effects: dict[str, list[Effect]] = {}
    for effect in orders.effects:
        effects.setdefault(effect.sku, []).append(effect)
    for sku, ledger in ledgers.items():
        _sum_up(ledger, effects.get(sku, []))
        if ledger.parts:
            _base_of_parts(ledger)
    return ledgers


def _opened(fact: f.ItemStocked, seq: int, safety: int) -> Ledger:
    ledger = Ledger(fact, safety, [seq], [fact.at_ns], [fact.available], ["stocked"], [0], [0])
    if fact.locations:
        ledger.places = [-1]
        ledger.parts = {
            location: Ledger(fact, safety, [seq], [fact.at_ns], [units], ["stocked"], [0], [0])
            for location, units in zip(fact.locations, fact.levels, strict=True)
        }
    return ledger


def _append(ledger: Ledger, seq: int, row: f.StockChanged | f.StockUnmoved) -> None:
    if isinstance(row, f.StockChanged):
        if row.version != len(ledger.first_state):
            raise ValueError(f"{row.sku} goes from version {len(ledger.first_state) - 1} to {row.version}")
        ledger.first_state.append(len(ledger.seqs))
    ledger.seqs.append(seq)
    ledger.times_ns.append(row.at_ns)
    ledger.available.append(row.available if isinstance(row, f.StockChanged) else ledger.available[-1])
    ledger.causes.append(row.cause)
    ledger.numbers.append(row.version)
    if ledger.parts or (isinstance(row, f.StockChanged) and row.level is not None):
        _append_part(ledger, seq, row)


def _append_part(ledger: Ledger, seq: int, row: f.StockChanged | f.StockUnmoved) -> None:
    """The same for the record at the row's location. An item gets parts when it is first stocked at another one."""
    if not ledger.parts:
        home = ledger.item.location_id
        ledger.places = [-1, *[home] * (len(ledger.first_state) - 2)]
        ledger.parts = {home: _until_now(ledger)}
    place = row.location_id if row.location_id >= 0 else ledger.item.location_id
    part = ledger.parts.get(place)
    if part is None:
        seq_0, at_ns = ledger.seqs[0], ledger.times_ns[0]
        part = Ledger(ledger.item, ledger.safety, [seq_0], [at_ns], [0], ["stocked"], [0], [0])
        ledger.parts[place] = part
    level = part.available[-1]
    if isinstance(row, f.StockChanged):
        ledger.places.append(place)
        # Versions in between changed the item elsewhere, so they left this part in its last state.
        part.first_state += [len(part.seqs)] * (row.version + 1 - len(part.first_state))
        level = row.available if row.level is None else row.level
    part.seqs.append(seq)
    part.times_ns.append(row.at_ns)
    part.available.append(level)
    part.causes.append(row.cause)
    part.numbers.append(row.version)


def _until_now(ledger: Ledger) -> Ledger:
    """The record before its newest state, as that of the only location."""
    return Ledger(
        ledger.item,
        ledger.safety,
        ledger.seqs[:-1],
        ledger.times_ns[:-1],
        ledger.available[:-1],
        ledger.causes[:-1],
        ledger.numbers[:-1],
        ledger.first_state[:-1],
    )


def _base_of_parts(ledger: Ledger) -> None:
    """What each part includes of the marketplaces' orders: those that were written at its location."""
    by_seq = {seq: state for state, seq in enumerate(ledger.seqs)}
    newest = len(ledger.first_state)
    for part in ledger.parts.values():
        total, part.base = 0, []
        for seq, available in zip(part.seqs, part.available, strict=True):
            state = by_seq[seq]
            total += ledger.included[state] - (ledger.included[state - 1] if state else 0)
            part.base.append(available + total)
        part.first_state += [len(part.seqs)] * (newest - len(part.first_state))


def _sum_up(ledger: Ledger, effects: list[Effect]) -> None:
    included, back_included = [0] * len(ledger.seqs), [0] * len(ledger.seqs)
    sold = back = netted = 0
    ledger.netted_seqs, ledger.netted_totals = [], []
    ledger.sale_seqs, ledger.sale_totals, ledger.back_seqs, ledger.back_totals = [], [], [], []
    for effect in effects:
        written = effect.version >= 0
        state = ledger.version_at(effect.version_seq) if written else 0
        if effect.kind == "sale":
            sold -= effect.delta
            ledger.sale_seqs.append(effect.seq)
            ledger.sale_totals.append(sold)
            included[state] -= effect.delta if written else 0
        elif written or not effect.settled:
            back += effect.delta
            ledger.back_seqs.append(effect.seq)
            ledger.back_totals.append(back)
            back_included[state] += effect.delta if written else 0
        else:
            netted += effect.delta
            ledger.netted_seqs.append(effect.seq)
            ledger.netted_totals.append(netted)
    ledger.included, ledger.back_included = list(accumulate(included)), list(accumulate(back_included))
    ledger.base = [shown + units for shown, units in zip(ledger.available, ledger.included, strict=True)]
    blocks = range(0, len(ledger.base), BLOCK)
    ledger.block_base_min = [min(ledger.base[start : start + BLOCK]) for start in blocks]
    ledger.block_available_max = [max(ledger.available[start : start + BLOCK]) for start in blocks]
    ledger.shown_curve = Curve.of(ledger.seqs, [available - ledger.safety for available in ledger.available])
    ledger.left_curve = _left_curve(ledger, effects)


def _left_curve(ledger: Ledger, effects: list[Effect]) -> Curve:
    """What is left over time, without the orders that the subject lost."""
    changes = [(ledger.seqs[0], ledger.base[0])]
    for seq, before, base in zip(ledger.seqs[1:], ledger.base, ledger.base[1:], strict=False):
        if base != before:
            changes.append((seq, base - before))
    changes.extend(
        (effect.seq, effect.delta)
        for effect in effects
        if effect.settled or (effect.kind == "sale" and effect.version >= 0)
    )
    changes.sort()
    left = accumulate(delta for _, delta in changes)
    return Curve.of([seq for seq, _ in changes], [units - ledger.safety for units in left])
