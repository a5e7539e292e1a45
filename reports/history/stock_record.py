"""What holds between the changes of an item's stock, and between the versions that other facts name."""

from collections.abc import Iterator, Mapping

from stockstorm.reports.history.breach import Breach
from stockstorm.reports.history.log import FactLog
from stockstorm.simulator.history import facts as f


def ledger_breaks(log: FactLog) -> Iterator[Breach]:
    """Each change of an item's stock is its next version and adds up. The final read shows the last one."""
    levels = {item.sku: (0, item.available) for item in log.all(f.ItemStocked)}
    yield from _broken_levels(log)
    for change in log.all(f.StockChanged):
        version, available = levels[change.sku]
        if change.version != version + 1:
            yield Breach(change, "version", f"{change.version} where {version + 1} follows for this SKU")
        if change.available != available + change.delta:
            found = f"{change.available}, but it was {available} and changed by {change.delta}"
            yield Breach(change, "available", found)
        levels[change.sku] = (change.version, change.available)
    for final in log.all(f.FinalStock):
        version, available = levels[final.sku]
        if final.version != version:
            yield Breach(final, "version", f"{final.version}, but the last change made version {version}")
        if final.available != available:
            yield Breach(final, "available", f"{final.available}, but the last change left {available}")
    yield from _unknown_versions(log, {sku: version for sku, (version, _) in levels.items()})


def _broken_levels(log: FactLog) -> Iterator[Breach]:
    """The levels of an item with several locations add up, one by one and to the sum."""
    levels: dict[str, dict[int, int]] = {}
    for item in log.all(f.ItemStocked):
        if item.locations:
            levels[item.sku] = dict(zip(item.locations, item.levels, strict=False))
            if sum(item.levels) != item.available:
                yield Breach(item, "levels", f"{sum(item.levels)} in all, but {item.available} are available")
    for change in log.all(f.StockChanged):
        if change.level is None:
            continue
        at = levels.setdefault(change.sku, {})
        before = at.get(change.location_id)
        if before is not None and change.cause != "transfer" and change.level != before + change.delta:
            found = f"{change.level}, but it was {before} and changed by {change.delta}"
            yield Breach(change, "level", found)
        at[change.location_id] = change.level
    for final in log.all(f.FinalStock):
        if final.locations and sum(final.levels) != final.available:
            yield Breach(final, "levels", f"{sum(final.levels)} in all, but {final.available} are available")


def _unknown_versions(log: FactLog, newest: Mapping[str, int]) -> Iterator[Breach]:
    """Versions that no change of the item made. -1: no version."""
    told: list[f.EventFired | f.StockUnmoved] = [event for event in log.all(f.EventFired) if event.version > 0]
    for fact in [*told, *log.all(f.StockUnmoved)]:
        if fact.version <= newest.get(fact.sku, -1):
            continue
        yield Breach(fact, "version", f"{fact.version}, but this SKU has {newest.get(fact.sku, 'no')} versions")
    for shown in log.all(f.StockShown):
        for sku, version in zip(shown.skus, shown.versions, strict=True):
            if version > newest[sku]:
                yield Breach(shown, "versions", f"{version}, but this SKU has {newest[sku]} versions")
