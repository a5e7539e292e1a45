"""The facts behind an incident in order of time: events with their attempts, the order, pushes around it."""

from collections import defaultdict
from collections.abc import Sequence
from operator import attrgetter
from typing import Final

import msgspec

from reports.render.view import RunView
from reports.result import Incident
from simulator.clock import MILLISECOND_NS
from simulator.history import facts as f

EVENTS_MAX: Final = 4
PUSHES_BEFORE: Final = 3
ROWS_MAX: Final = 24


class Link(msgspec.Struct, frozen=True):
    """One fact of a chain for people."""

    at_ns: int
    fact: str
    text: str


class Chains:
    """Finds chains. Indexes only what the given incidents name, so a large history costs one pass."""

    def __init__(self, view: RunView, incidents: Sequence[Incident]) -> None:
        events = {event for incident in incidents for event in incident.events[:EVENTS_MAX]}
        orders = {incident.order for incident in incidents if incident.order >= 0}
        places = {(incident.channel, incident.sku) for incident in incidents if incident.sku}
        self.events = {fact.event: fact for fact in view.of(f.EventFired) if fact.event in events}
        self.deliveries: defaultdict[int, list[f.DeliveryPlanned]] = defaultdict(list)
        for planned in view.of(f.DeliveryPlanned):
            if planned.event in events and planned.event >= 0:
                self.deliveries[planned.event].append(planned)
        wanted = {planned.delivery for group in self.deliveries.values() for planned in group}
        self.attempts: defaultdict[int, list[f.AttemptEnded | f.DeliveryEnded]] = defaultdict(list)
        for attempt in view.of(f.AttemptEnded):
            if attempt.delivery in wanted:
                self.attempts[attempt.delivery].append(attempt)
        for ended in view.of(f.DeliveryEnded):
            if ended.delivery in wanted:
                self.attempts[ended.delivery].append(ended)
        self.sales = {sale.order: sale for sale in view.of(f.PurchaseAccepted) if sale.order in orders}
        self.pushes: defaultdict[tuple[str, str], list[f.ListingPushed]] = defaultdict(list)
        for push in view.of(f.ListingPushed):
            if (push.channel, push.sku) in places:
                self.pushes[push.channel, push.sku].append(push)

    def of(self, incident: Incident) -> list[Link]:
        """The chain of one incident, at most `ROWS_MAX` facts, in order of time."""
        links: list[Link] = []
        sale = self.sales.get(incident.order)
        if sale is not None:
            links.append(Link(sale.at_ns, "PurchaseAccepted", _sale_text(sale)))
        for event in incident.events[:EVENTS_MAX]:
            links += self._of_event(event)
        links += self._pushes(incident)
        unique = {(link.at_ns, link.fact, link.text): link for link in links}
        return sorted(unique.values(), key=attrgetter("at_ns"))[:ROWS_MAX]

    def _of_event(self, event: int) -> list[Link]:
        fired = self.events.get(event)
        links = [] if fired is None else [Link(fired.at_ns, "EventFired", _event_text(fired))]
        for planned in self.deliveries.get(event, ()):
            marks = f", {' and '.join(planned.perturbed)}" if planned.perturbed else ""
            text = f"delivery {planned.delivery} of event {event}, webhook {planned.webhook_id}{marks}"
            links.append(Link(planned.at_ns, "DeliveryPlanned", text))
            for step in self.attempts.get(planned.delivery, ()):
                kind = "AttemptEnded" if isinstance(step, f.AttemptEnded) else "DeliveryEnded"
                links.append(Link(step.at_ns, kind, _step_text(step)))
        return links

    def _pushes(self, incident: Incident) -> list[Link]:
        pushes = self.pushes.get((incident.channel, incident.sku), [])
        before = [push for push in pushes if push.at_ns <= incident.at_ns][-PUSHES_BEFORE:]
        after = [push for push in pushes if push.at_ns > incident.at_ns][:1]
        return [Link(push.at_ns, "ListingPushed", _push_text(push)) for push in (*before, *after)]


def _sale_text(sale: f.PurchaseAccepted) -> str:
    lines = zip(sale.skus, sale.quantities, sale.physical_before, sale.shown_before, strict=True)
    told = (f"{quantity} × {sku} (shown {shown}, really there {there})" for sku, quantity, there, shown in lines)
    return f"order {sale.order} ({sale.ref}) on {sale.channel}: {'; '.join(told)}"


def _event_text(fired: f.EventFired) -> str:
    about = (
        f" of {fired.sku} version {fired.version}"
        if fired.sku
        else f" of order {fired.order}"
        if fired.order >= 0
        else ""
    )
    return f"event {fired.event}, {fired.topic} from {fired.source}{about}"


def _step_text(step: f.AttemptEnded | f.DeliveryEnded) -> str:
    if isinstance(step, f.DeliveryEnded):
        return f"delivery {step.delivery} {step.outcome.replace('_', ' ')}"
    took = (step.at_ns - step.due_ns) / MILLISECOND_NS
    how = step.error.replace("_", " ") if step.error else f"status {step.status}"
    return f"delivery {step.delivery}, attempt {step.attempt}: {how}, {took:,.1f} ms after due"


def _push_text(push: f.ListingPushed) -> str:
    return f"{push.sku} on {push.channel} set to {push.quantity} (showed {push.shown_before})"
