"""Own view: whether the stock and orders that the subject keeps itself follow the shop, and how late.

They are read at an interval, which is the error bar of every latency here: what a read shows may have been there since
the read before. So a latency is at most the one that is given, and at least that less the interval.

The subject keeps either what the master shows, or what is on the shelf. Which of the two is decided by the last read,
for all SKUs alike, in its favour. Latency is taken where both are the same: of SKUs that no marketplace sold.

A SKU that changed shortly before the last read proves nothing where other changes took longer to show: a view that is
cached, or filled every 20 s, may still follow.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from stockstorm.reports.checkers.checker import Checker, Measure, quantile_measures
from stockstorm.reports.history import History
from stockstorm.reports.result import Check, Incident, Tally, counted, unknown
from stockstorm.reports.statistics.quantiles import quantiles
from stockstorm.simulator.history import facts as f

SAMPLES_MIN: Final = 30
ONLINE: Final = "online"


class OwnView(Checker):
    name = "own_view"
    level = "probe"
    measures = (
        *quantile_measures(
            "own_view_ms",
            "time until its own stock shows a change",
            "time from a change in the shop to the first read of the subject's own stock that shows it",
            headline=("p95",),
        ),
        Measure("own_view.resolution_ms", "error bar of that", "ms", "interval of the reads", more_is_worse=None),
        Measure("own_view.reads", "reads of its own stock", "count", "reads that worked", more_is_worse=None),
        Measure("own_view.drift", "SKUs wrong in its own stock", "count", "SKUs that differ from the shop at rest"),
        Measure(
            "own_view.unsettled",
            "SKUs that may still follow",
            "count",
            "of them, those whose last change came later before the last read than its slowest change took to show",
        ),
        Measure("own_view.orders", "orders that it counts", "count", "orders that it has more than before the load"),
        Measure("own_view.orders_missing", "orders missing", "count", "acknowledged shop orders that it lacks"),
    )

    def __call__(self, history: History) -> Check:
        if not history.started.reads_every_ns:
            return Check(self.name, "not_exercised", "its own stock and orders were not read", {})
        reads = [read for read in history.all(f.OwnViewRead) if not read.reason]
        last = reads[-1] if reads and reads[-1].final else None
        failed = [read for read in history.all(f.OwnViewRead) if read.reason]
        measures = {
            "own_view.reads": float(len(reads)),
            "own_view.resolution_ms": history.started.reads_every_ns / 1e6,
        }
        if last is None or len(reads) < 2:
            why = f": {failed[-1].reason}" if failed else ""
            return unknown(self.name, f"its own stock and orders could not be read at rest{why}", measures)
        tally = Tally()
        said = [*self._stock(history, last, tally, measures), *self._orders(history, reads, tally, measures)]
        said += [f"{counted(len(failed), 'read')} failed, the last with {failed[-1].reason}"] if failed else []
        if history.unrest and tally.total:
            return tally.check(self.name, "unknown", f"the run did not end at rest; {'; '.join(said)}", measures)
        if not tally.total and measures.get("own_view.unsettled"):
            return tally.check(self.name, "unknown", "; ".join(said), measures)
        return tally.check(self.name, "invalid" if tally.total else "valid", "; ".join(said), measures)

    def exposure(self, history: History) -> dict[str, int]:
        if not history.started.reads_every_ns:
            return {}
        return {"changes of stock that it should show": sum(map(len, _changes(history).values()))}

    def _stock(self, history: History, last: f.OwnViewRead, tally: Tally, measures: dict[str, float]) -> Iterator[str]:
        shown = dict(zip(last.skus, last.available, strict=True))
        final = {fact.sku: fact for fact in history.all(f.FinalStock) if fact.sku in shown}
        if not final:
            if shown:
                yield f"none of its {len(shown):,} SKUs is one of the shop's"
            return
        held = history.started.safety_stock
        master = {sku: fact.available for sku, fact in final.items()}
        shelf = {sku: fact.physical for sku, fact in final.items()}
        wrong, truth = min(
            (_wrong(shown, master, held), master), (_wrong(shown, shelf, held), shelf), key=lambda found: len(found[0])
        )
        late = _latencies(history, held)
        slowest_ms, changed = max(late, default=0.0) + measures["own_view.resolution_ms"], _last_changes(history)
        young = {sku for sku in wrong if (last.at_ns - changed.get(sku, 0)) / 1e6 <= slowest_ms}
        for sku in wrong:
            if sku in young:
                continue
            text = f"it keeps {shown[sku]} of {sku}, and the shop has {truth[sku]}"
            tally.add(Incident(kind="own_view", at_ns=last.at_ns, text=text, sku=sku))
        measures["own_view.drift"] = float(len(wrong))
        yield f"{len(wrong)} of {counted(len(final), 'SKU')} differ from the shop at rest"
        if young:
            measures["own_view.unsettled"] = float(len(young))
            yield (
                f"{len(young)} of them changed less than {slowest_ms / 1e3:,.1f} s before the last read, which is what "
                "its slowest change took to show"
            )
        if len(late) >= SAMPLES_MIN:
            measures.update(quantiles("own_view_ms", late))
            error_ms = measures["own_view.resolution_ms"]
            yield f"{counted(len(late), 'change')} seen in its own stock, ± {error_ms:,.0f} ms"

    def _orders(
        self, history: History, reads: list[f.OwnViewRead], tally: Tally, measures: dict[str, float]
    ) -> Iterator[str]:
        counts = [read.orders for read in reads if read.orders >= 0]
        if len(counts) < 2:
            return
        more = counts[-1] - counts[0]
        told = {
            entry.event.order
            for entry in history.classified
            if entry.delivery == "acknowledged" and entry.event.topic == "orders/create"
        }
        missing = max(0, len(told) - more)
        measures.update({"own_view.orders": float(more), "own_view.orders_missing": float(missing)})
        if missing:
            text = f"it acknowledged {counted(len(told), 'new order')} of the shop, and counts {more:,}"
            tally.add(Incident(kind="own_view", at_ns=reads[-1].at_ns, text=text))
        yield f"it counts {counted(more, 'order')} and acknowledged {len(told):,} of the shop"


def _fits(seen: int, units: int, held: int) -> bool:
    """Whether the subject's own figure is the shop's, with or without the units that it holds back."""
    return seen in (units, max(0, units - held))


def _wrong(shown: dict[str, int], truth: dict[str, int], held: int) -> list[str]:
    """SKUs that differ."""
    return [sku for sku, units in truth.items() if not _fits(shown[sku], units, held)]


def _last_changes(history: History) -> dict[str, int]:
    """When each SKU last changed, in the shop or on a marketplace."""
    found = {change.sku: change.at_ns for change in history.all(f.StockChanged)}
    for bought in history.all(f.PurchaseAccepted):
        for sku in bought.skus:
            found[sku] = max(found.get(sku, 0), bought.at_ns)
    return found


def _changes(history: History) -> dict[str, list[f.StockChanged]]:
    """Changes of the SKUs that no marketplace sold, in order of their versions."""
    elsewhere = {sku for bought in history.all(f.PurchaseAccepted) if bought.channel != ONLINE for sku in bought.skus}
    found: dict[str, list[f.StockChanged]] = defaultdict(list)
    for change in history.all(f.StockChanged):
        if change.delta and change.sku not in elsewhere:
            found[change.sku].append(change)
    return found


def _latencies(history: History, held: int) -> list[float]:
    """Milliseconds from each change to the first read that shows it, or what came after it."""
    seen: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for read in history.all(f.OwnViewRead):
        for sku, units in zip(read.skus, read.available, strict=True):
            seen[sku].append((read.at_ns, units))
    found = []
    for sku, changes in _changes(history).items():
        newest: dict[int, int] = {}  # the last version with this figure
        for place, change in enumerate(changes):
            newest |= {change.available: place, max(0, change.available - held): place}
        for place, change in enumerate(changes):
            shown = (at for at, units in seen.get(sku, ()) if at >= change.at_ns and newest.get(units, -1) >= place)
            if (at_ns := next(shown, None)) is not None:
                found.append((at_ns - change.at_ns) / 1e6)
    return found
