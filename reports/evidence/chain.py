"""The one chain that matters to an incident: order, event, webhook, attempts and answers, calls, pushes.

Of a lost update both writers are shown: the steps of each carry its side.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import chain
from operator import attrgetter
from typing import Final

from stockstorm.reports.evidence.lookup import EVENTS_MAX, Lookup
from stockstorm.reports.evidence.steps import Steps
from stockstorm.reports.history import History
from stockstorm.reports.result import Incident, Side, Step

STEPS_MAX: Final = 32  # of one chain
DELIVERIES_MAX: Final = 4  # of one event
PUSHES_BEFORE: Final = 3
SALES_BEFORE: Final = 3
SALES_SEARCHED: Final = 50


class Chains:
    """Builds chains for a set of incidents."""

    def __init__(self, history: History, incidents: Sequence[Incident]) -> None:
        self._history, self._lookup, self._steps = history, Lookup(history, incidents), Steps(history)
        fired = history.deliveries.events
        named = chain.from_iterable(incident.events[:EVENTS_MAX] for incident in incidents)
        history.deliveries.fetch(event for event in dict.fromkeys(named) if event in fired)

    def of(self, incident: Incident) -> tuple[Step, ...]:
        """What led to an incident in order of time, its last `STEPS_MAX` steps."""
        found = [*self._order(incident), *self._writes(incident)]
        for event in incident.events[:EVENTS_MAX]:
            found += self._event(event)
        for number in incident.deliveries[:DELIVERIES_MAX]:
            if (delivery := self._history.deliveries.delivery(number)) is not None:
                found += self._steps.delivery(delivery)
        found += self._calls(incident.erased, incident.sku, "first")
        found += self._calls(incident.requests, incident.sku, "second" if incident.erased else "")
        found += self._pushes(incident)
        found += self._sold_elsewhere(incident)
        found += self._missing(incident)
        unique = {(step.at_ns, step.kind, step.text): step for step in found}
        return tuple(sorted(unique.values(), key=attrgetter("at_ns"))[-STEPS_MAX:])

    def _order(self, incident: Incident) -> list[Step]:
        return [self._steps.order(fact) for fact in self._lookup.orders.get(incident.order, ())]

    def _writes(self, incident: Incident) -> Iterable[Step]:
        """The writes that name the incident's order, each with its call."""
        for row in self._lookup.writes_of(incident.order):
            if incident.sku in ("", row.sku):
                if row.request in self._lookup.calls:
                    yield self._steps.call(self._lookup.calls[row.request])
                yield self._steps.write(row)

    def _event(self, event: int) -> list[Step]:
        deliveries = self._history.deliveries
        fired = deliveries.events.get(event)
        if fired is None:
            return []
        found = [self._steps.event(fired)]
        of_event = deliveries.of_event(event)
        for delivery in of_event[:DELIVERIES_MAX]:
            found += self._steps.delivery(delivery)
        if event in deliveries.unheard:
            text = f"nobody was subscribed to {fired.topic}, so nothing was delivered"
            found.append(self._steps.step(fired.at_ns, "missing", text))
        return found

    def _calls(self, requests: Iterable[int], sku: str, side: Side) -> Iterable[Step]:
        for request in requests:
            call = self._lookup.calls.get(request)
            if call is not None:
                yield self._steps.call(call, side)
            shown = self._lookup.shown.get(request)
            if shown is not None and (read := self._steps.read(shown, sku, side)) is not None:
                yield read
            for row in self._lookup.rows.get(request, ()):
                if row.sku == sku:
                    yield self._steps.write(row, side)

    def _pushes(self, incident: Incident) -> list[Step]:
        """The last pushes of the listing before the incident, and the first one after it."""
        if incident.order >= 0 and incident.kind != "oversell":
            return self._pushes_after(incident)
        listing = self._history.listings.get((incident.channel, incident.sku))
        if listing is None:
            return []
        upto = bisect_right(listing.push_times_ns, incident.at_ns)
        return [self._steps.push(push) for push in listing.pushes[max(0, upto - PUSHES_BEFORE) : upto + 1]]

    def _pushes_after(self, incident: Incident) -> list[Step]:
        """The first push of the SKU to each other channel after an order changed it."""
        found = []
        for channel in self._history.marketplaces:
            listing = self._history.listings.get((channel, incident.sku))
            if listing is not None and channel != incident.channel:
                after = bisect_right(listing.push_times_ns, incident.at_ns)
                found += [self._steps.push(push) for push in listing.pushes[after : after + 1]]
        return found

    def _sold_elsewhere(self, incident: Incident) -> list[Step]:
        """The last sales of an oversold SKU on other channels. They took the units that this channel still showed."""
        sold = self._lookup.sales.get(incident.sku, []) if incident.kind == "oversell" else []
        upto = bisect_right(sold, incident.at_ns, key=attrgetter("at_ns"))
        other = [sale for sale in sold[max(0, upto - SALES_SEARCHED) : upto] if sale.channel != incident.channel]
        return [self._steps.sold(sale, incident.sku) for sale in other[-SALES_BEFORE:]]

    def _missing(self, incident: Incident) -> Iterable[Step]:
        """What should have followed and did not, as far as the history can tell."""
        history = self._history
        if incident.kind not in ("lost", "stuck", "drift") or incident.order < 0 or history.orders.net_only:
            return
        for effect in history.orders.by_order.get(incident.order, ()):
            if effect.version < 0 and not effect.settled and incident.sku in ("", effect.sku):
                text = f"no write of the subject to the master names {effect.token} for {effect.sku}"
                yield self._steps.step(history.end_ns, "missing", text, {"order": history.order_ref(incident.order)})
