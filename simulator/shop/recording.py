"""Rows of the subject's adjustments and sets, written into the master record all together or not at all."""

from collections.abc import Sequence

from simulator.history.facts import StockUnmoved
from simulator.shop.firing import Action
from simulator.shop.ledger import Entry, Ledger, LevelChange, LevelSet
from simulator.shop.model import Level, Sku


def record_rows(
    ledger: Ledger,
    rows: Sequence[LevelChange | LevelSet],
    action: Action,
    *,
    cause: str,
    reference: str,
    request: int,
) -> None:
    """Record every row, then fire for those that changed something.

    A row of 0 units makes no entry and fires nothing, yet what it refers to counts as recorded. Raises StaleQuantity
    for the first row whose `change_from` does not match and KeyError for an item unknown there, with nothing changed.
    """
    deltas = ledger.deltas(rows)
    changed: list[tuple[Level, Sku]] = []
    for row, delta in zip(rows, deltas, strict=True):
        if not delta:
            sku, version = ledger.newest(row.inventory_item_id)
            action.note(StockUnmoved(action.now_ns, sku, version, reference, request))
            continue
        entry = Entry(cause, -1, reference, row.change_from is not None, request)
        level, fact = ledger.record(row.inventory_item_id, delta, entry, action.now_ns)
        action.note(fact)
        changed.append((level, Sku(fact.sku)))
    for level, sku in changed:
        action.stock(level, sku)
