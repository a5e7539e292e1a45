"""The facts that a set of incidents names: their orders, events and API calls. Only those are looked up."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from stockstorm.reports.history import History
from stockstorm.reports.result import Incident
from stockstorm.simulator.history import facts as f

EVENTS_MAX: Final = 4  # of one incident
OrderFact = f.PurchaseAccepted | f.OrderCancelled | f.OrderReturned
Row = f.StockChanged | f.StockUnmoved
Shown = f.StockShown | f.OrdersShown


class Lookup:
    """One pass over each kind of fact that the incidents can name."""

    def __init__(self, history: History, incidents: Sequence[Incident]) -> None:
        self._history = history
        orders = {incident.order for incident in incidents if incident.order >= 0}
        events = history.deliveries.events
        orders |= {
            events[event].order
            for incident in incidents
            for event in incident.events[:EVENTS_MAX]
            if event in events and events[event].order >= 0
        }
        self.orders: dict[int, list[OrderFact]] = self._orders(orders)
        requests = {request for incident in incidents for request in (*incident.requests, *incident.erased)}
        requests |= self._writing(orders)
        self.calls = {call.request: call for call in history.all(f.ApiCalled) if call.request in requests}
        self.rows = self._rows(requests)
        self.shown: dict[int, f.StockShown] = {
            fact.request: fact for fact in history.all(f.StockShown) if fact.request in requests
        }
        self.sales = self._sales({incident.sku for incident in incidents if incident.kind == "oversell"})

    def _orders(self, orders: set[int]) -> dict[int, list[OrderFact]]:
        found: defaultdict[int, list[OrderFact]] = defaultdict(list)
        if orders:
            kinds: Iterable[OrderFact] = (
                *self._history.all(f.PurchaseAccepted),
                *self._history.all(f.OrderCancelled),
                *self._history.all(f.OrderReturned),
            )
            for fact in kinds:
                if fact.order in orders:
                    found[fact.order].append(fact)
        return found

    def writes_of(self, order: int) -> list[Row]:
        """Rows of the master that name an order, in order of time."""
        effects = self._history.orders.by_order.get(order, ()) if not self._history.orders.net_only else ()
        seqs = {seq for effect in effects for seq in (effect.version_seq, *effect.again) if seq >= 0}
        rows = (self._history.facts[seq] for seq in sorted(seqs))
        return [row for row in rows if isinstance(row, f.StockChanged | f.StockUnmoved)]

    def _writing(self, orders: Iterable[int]) -> set[int]:
        return {row.request for order in orders for row in self.writes_of(order) if row.request >= 0}

    def _rows(self, requests: set[int]) -> dict[int, list[Row]]:
        found: defaultdict[int, list[Row]] = defaultdict(list)
        if requests:
            rows: Iterable[Row] = (*self._history.all(f.StockChanged), *self._history.all(f.StockUnmoved))
            for row in rows:
                if row.request in requests:
                    found[row.request].append(row)
        return found

    def _sales(self, skus: set[str]) -> dict[str, list[f.PurchaseAccepted]]:
        found: dict[str, list[f.PurchaseAccepted]] = {sku: [] for sku in skus}
        if skus:
            for sale in self._history.all(f.PurchaseAccepted):
                for sku in skus.intersection(sale.skus):
                    found[sku].append(sale)
        return found
