"""Incidents: each one with the facts that led to it, in order of time: events, attempts, the order, and pushes."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from operator import attrgetter
from typing import Final, TypeVar

import msgspec
from markupsafe import Markup

from stockstorm.reports.formats import duration_text, money_text
from stockstorm.reports.render.page import render
from stockstorm.reports.render.view import RunView
from stockstorm.reports.result import Incident
from stockstorm.simulator.clock import MILLISECOND_NS
from stockstorm.simulator.history import facts as f

INCIDENTS_SHOWN: Final = 25  # per check
EVENTS_MAX: Final = 4
PUSHES_BEFORE: Final = 3
SALES_BEFORE: Final = 3
SALES_SEARCHED: Final = 50
FACTS_MAX: Final = 24


class FactRow(msgspec.Struct, frozen=True):
    """One line of an opened incident."""

    at: str
    fact: str
    text: str


class IncidentRow(msgspec.Struct, frozen=True):
    """One incident with its details (name, value) and the facts behind it."""

    at: str
    kind: str
    text: str
    details: list[tuple[str, str]]
    facts: list[FactRow]


class IncidentGroup(msgspec.Struct, frozen=True):
    """The first incidents of one check."""

    check: str
    total: int
    incidents: list[IncidentRow]


class Cause(msgspec.Struct, frozen=True):
    """One fact behind an incident: its time, its kind and a sentence."""

    at_ns: int
    fact: str
    text: str


def incidents(view: RunView) -> Markup:
    """Incidents by check, the first `INCIDENTS_SHOWN` of each, with their total."""
    shown = [(check, check.incidents[:INCIDENTS_SHOWN]) for check in view.result.checks if check.incidents]
    causes = CauseFinder(view, [incident for _, some in shown for incident in some])
    groups = [
        IncidentGroup(
            check.name,
            max(check.incidents_total, len(check.incidents)),
            [_incident_row(view, incident, causes.of(incident)) for incident in some],
        )
        for check, some in shown
    ]
    return render("report/incidents.html", groups=groups)


def _incident_row(view: RunView, incident: Incident, causes: Iterable[Cause]) -> IncidentRow:
    facts = [FactRow(_at(view, cause.at_ns), cause.fact, cause.text) for cause in causes]
    return IncidentRow(_at(view, incident.at_ns), incident.kind, incident.text, _details(view, incident), facts)


def _at(view: RunView, at_ns: int) -> str:
    return f"{view.seconds(at_ns):.3f} s"


def _details(view: RunView, incident: Incident) -> list[tuple[str, str]]:
    found = [("channel", incident.channel), ("SKU", incident.sku)]
    if incident.units:
        found.append(("units", str(incident.units)))
    if incident.value_minor:
        found.append(("value", money_text(incident.value_minor / 100, view.currency)))
    found += [_detail(name, value) for name, value in incident.details.items()]
    return [(name, value) for name, value in found if value]


def _detail(name: str, value: str) -> tuple[str, str]:
    if name.endswith("_ms"):
        try:
            return name.removesuffix("_ms").replace("_", " "), duration_text(float(value))
        except ValueError:
            pass  # the checker wrote a text instead of a number: it is shown unchanged
    return name.replace("_", " "), value


Step = f.AttemptEnded | f.DeliveryEnded
FactT = TypeVar("FactT", bound=f.Fact)
KeyT = TypeVar("KeyT", bound=Hashable)


class CauseFinder:
    """Finds the facts behind incidents. Indexes only what the given incidents name, in one pass over the history."""

    def __init__(self, view: RunView, incidents: Sequence[Incident]) -> None:
        events = {event for incident in incidents for event in incident.events[:EVENTS_MAX]}
        self.events = {fact.event: fact for fact in view.of(f.EventFired) if fact.event in events}
        planned = [fact for fact in view.of(f.DeliveryPlanned) if fact.event in events and fact.event >= 0]
        self.deliveries = _grouped(planned, attrgetter("event"))
        wanted = {fact.delivery for fact in planned}
        steps: list[Step] = [fact for fact in view.of(f.AttemptEnded) if fact.delivery in wanted]
        steps += [fact for fact in view.of(f.DeliveryEnded) if fact.delivery in wanted]
        self.steps = _grouped(steps, attrgetter("delivery"))
        orders = {incident.order for incident in incidents if incident.order >= 0}
        self.sales = {sale.order: sale for sale in view.of(f.PurchaseAccepted) if sale.order in orders}
        listings = {(incident.channel, incident.sku) for incident in incidents if incident.sku}
        pushes = (push for push in view.of(f.ListingPushed) if (push.channel, push.sku) in listings)
        self.pushes = _grouped(pushes, attrgetter("channel", "sku"))
        oversold = {incident.sku for incident in incidents if incident.kind == "oversell"}
        self.sold: dict[str, list[f.PurchaseAccepted]] = {sku: [] for sku in oversold}
        for sale in view.of(f.PurchaseAccepted):
            for sku in oversold.intersection(sale.skus):
                self.sold[sku].append(sale)

    def of(self, incident: Incident) -> list[Cause]:
        """The facts behind one incident in order of time, `FACTS_MAX` at most."""
        found: list[Cause] = []
        sale = self.sales.get(incident.order)
        if sale is not None:
            found.append(Cause(sale.at_ns, "PurchaseAccepted", _sale_text(sale)))
        for event in incident.events[:EVENTS_MAX]:
            found += self._of_event(event)
        found += self._pushes(incident)
        found += self._sold_elsewhere(incident)
        unique = {(entry.at_ns, entry.fact, entry.text): entry for entry in found}
        return sorted(unique.values(), key=attrgetter("at_ns"))[:FACTS_MAX]

    def _of_event(self, event: int) -> list[Cause]:
        fired = self.events.get(event)
        found = [] if fired is None else [Cause(fired.at_ns, "EventFired", _event_text(fired))]
        for planned in self.deliveries.get(event, ()):
            marks = f", {' and '.join(planned.perturbed)}" if planned.perturbed else ""
            text = f"delivery {planned.delivery} of event {event}, webhook {planned.webhook_id}{marks}"
            found.append(Cause(planned.at_ns, "DeliveryPlanned", text))
            for step in self.steps.get(planned.delivery, ()):
                kind = "AttemptEnded" if isinstance(step, f.AttemptEnded) else "DeliveryEnded"
                found.append(Cause(step.at_ns, kind, _step_text(step)))
        return found

    def _pushes(self, incident: Incident) -> list[Cause]:
        pushes = self.pushes.get((incident.channel, incident.sku), [])
        before = [push for push in pushes if push.at_ns <= incident.at_ns][-PUSHES_BEFORE:]
        after = [push for push in pushes if push.at_ns > incident.at_ns][:1]
        return [Cause(push.at_ns, "ListingPushed", _push_text(push)) for push in (*before, *after)]

    def _sold_elsewhere(self, incident: Incident) -> list[Cause]:
        """The last sales of an oversold SKU on other channels. They took the units that this channel still showed."""
        sold = self.sold.get(incident.sku, [])
        upto = bisect_right(sold, incident.at_ns, key=attrgetter("at_ns"))
        other = [sale for sale in sold[max(0, upto - SALES_SEARCHED) : upto] if sale.channel != incident.channel]
        return [Cause(sale.at_ns, "PurchaseAccepted", _sale_text(sale)) for sale in other[-SALES_BEFORE:]]


def _grouped(facts: Iterable[FactT], key: Callable[[FactT], KeyT]) -> dict[KeyT, list[FactT]]:
    groups: defaultdict[KeyT, list[FactT]] = defaultdict(list)
    for fact in facts:
        groups[key(fact)].append(fact)
    return groups


def _sale_text(sale: f.PurchaseAccepted) -> str:
    lines = zip(sale.skus, sale.quantities, sale.physical_before, sale.shown_before, strict=True)
    lines_text = (
        f"{quantity} × {sku} (shown {shown}, physical {physical})" for sku, quantity, physical, shown in lines
    )
    return f"order {sale.order} ({sale.ref}) on {sale.channel}: {'; '.join(lines_text)}"


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
