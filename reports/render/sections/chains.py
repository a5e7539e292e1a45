"""The facts behind an incident in order of time: events with their attempts, the order, pushes around it."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from operator import attrgetter
from typing import Final, TypeVar

import msgspec

from stockstorm.reports.render.view import RunView
from stockstorm.reports.result import Incident
from stockstorm.simulator.clock import MILLISECOND_NS
from stockstorm.simulator.history import facts as f

EVENTS_MAX: Final = 4
PUSHES_BEFORE: Final = 3
SALES_BEFORE: Final = 3
ROWS_MAX: Final = 24


Step = f.AttemptEnded | f.DeliveryEnded
FactT = TypeVar("FactT", bound=f.Fact)
KeyT = TypeVar("KeyT", bound=Hashable)


class Link(msgspec.Struct, frozen=True):
    """One fact of a chain for people."""

    at_ns: int
    fact: str
    text: str


class Chains:
    """Finds chains. Indexes only what the given incidents name, so a large history costs one pass."""

    def __init__(self, view: RunView, incidents: Sequence[Incident]) -> None:
        events = {event for incident in incidents for event in incident.events[:EVENTS_MAX]}
        self.events = {fact.event: fact for fact in view.of(f.EventFired) if fact.event in events}
        planned = [fact for fact in view.of(f.DeliveryPlanned) if fact.event in events and fact.event >= 0]
        self.deliveries = _grouped(planned, attrgetter("event"))
        ours = {fact.delivery for fact in planned}
        steps: list[Step] = [fact for fact in view.of(f.AttemptEnded) if fact.delivery in ours]
        steps += [fact for fact in view.of(f.DeliveryEnded) if fact.delivery in ours]
        self.steps = _grouped(steps, attrgetter("delivery"))
        orders = {incident.order for incident in incidents if incident.order >= 0}
        self.sales = {sale.order: sale for sale in view.of(f.PurchaseAccepted) if sale.order in orders}
        places = {(incident.channel, incident.sku) for incident in incidents if incident.sku}
        pushes = (push for push in view.of(f.ListingPushed) if (push.channel, push.sku) in places)
        self.pushes = _grouped(pushes, attrgetter("channel", "sku"))
        oversold = {incident.sku for incident in incidents if incident.kind == "oversell"}
        self.sold: dict[str, list[f.PurchaseAccepted]] = {sku: [] for sku in oversold}
        for sale in view.of(f.PurchaseAccepted):
            for sku in oversold.intersection(sale.skus):
                self.sold[sku].append(sale)

    def of(self, incident: Incident) -> list[Link]:
        """The chain of one incident, at most `ROWS_MAX` facts, in order of time."""
        links: list[Link] = []
        sale = self.sales.get(incident.order)
        if sale is not None:
            links.append(Link(sale.at_ns, "PurchaseAccepted", _sale_text(sale)))
        for event in incident.events[:EVENTS_MAX]:
            links += self._of_event(event)
        links += self._pushes(incident)
        links += self._sold_elsewhere(incident)
        unique = {(link.at_ns, link.fact, link.text): link for link in links}
        return sorted(unique.values(), key=attrgetter("at_ns"))[:ROWS_MAX]

    def _of_event(self, event: int) -> list[Link]:
        fired = self.events.get(event)
        links = [] if fired is None else [Link(fired.at_ns, "EventFired", _event_text(fired))]
        for planned in self.deliveries.get(event, ()):
            marks = f", {' and '.join(planned.perturbed)}" if planned.perturbed else ""
            text = f"delivery {planned.delivery} of event {event}, webhook {planned.webhook_id}{marks}"
            links.append(Link(planned.at_ns, "DeliveryPlanned", text))
            for step in self.steps.get(planned.delivery, ()):
                kind = "AttemptEnded" if isinstance(step, f.AttemptEnded) else "DeliveryEnded"
                links.append(Link(step.at_ns, kind, _step_text(step)))
        return links

    def _pushes(self, incident: Incident) -> list[Link]:
        pushes = self.pushes.get((incident.channel, incident.sku), [])
        before = [push for push in pushes if push.at_ns <= incident.at_ns][-PUSHES_BEFORE:]
        after = [push for push in pushes if push.at_ns > incident.at_ns][:1]
        return [Link(push.at_ns, "ListingPushed", _push_text(push)) for push in (*before, *after)]

    def _sold_elsewhere(self, incident: Incident) -> list[Link]:
        """The last sales of an oversold SKU on other channels: the units that the buyer was still shown."""
        sold = self.sold.get(incident.sku, [])
        upto = bisect_right(sold, incident.at_ns, key=attrgetter("at_ns"))
        other = [sale for sale in sold[max(0, upto - 50) : upto] if sale.channel != incident.channel]
        return [Link(sale.at_ns, "PurchaseAccepted", _sale_text(sale)) for sale in other[-SALES_BEFORE:]]


def _grouped(facts: Iterable[FactT], key: Callable[[FactT], KeyT]) -> dict[KeyT, list[FactT]]:
    groups: defaultdict[KeyT, list[FactT]] = defaultdict(list)
    for fact in facts:
        groups[key(fact)].append(fact)
    return groups


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


def _step_text(step: Step) -> str:
    if isinstance(step, f.DeliveryEnded):
        return f"delivery {step.delivery} {step.outcome.replace('_', ' ')}"
    took = (step.at_ns - step.due_ns) / MILLISECOND_NS
    how = step.error.replace("_", " ") if step.error else f"status {step.status}"
    return f"delivery {step.delivery}, attempt {step.attempt}: {how}, {took:,.1f} ms after due"


def _push_text(push: f.ListingPushed) -> str:
    return f"{push.sku} on {push.channel} set to {push.quantity} (showed {push.shown_before})"
