"""Incidents: what went wrong, each with the facts that led to it, to be opened by the reader."""

from typing import Final

from stockstorm.reports.formats import duration_text, money_text
from stockstorm.reports.render.markup import Markup, join, tag
from stockstorm.reports.render.sections.chains import Chains, Link
from stockstorm.reports.render.view import RunView
from stockstorm.reports.result import Incident

SHOWN_PER_CHECK: Final = 25


def incidents(view: RunView) -> Markup:
    """All incidents by check, the first of each check only, with the total said."""
    groups = [(check, check.incidents[:SHOWN_PER_CHECK]) for check in view.result.checks if check.incidents]
    if not groups:
        return tag("p", "No incidents.", class_="caption")
    chains = Chains(view, [incident for _, shown in groups for incident in shown])
    parts: list[Markup] = []
    for check, shown in groups:
        total = max(check.incidents_total, len(check.incidents))
        heading = f"{check.name.replace('_', ' ')} ({total:,})"
        rest = f"The first {len(shown):,} of {total:,} are shown; the history holds all." if total > len(shown) else ""
        parts += [tag("h3", heading), *([tag("p", rest, class_="caption")] if rest else [])]
        parts += [_incident(view, incident, chains.of(incident)) for incident in shown]
    intro = tag(
        "p", "Open a line to see the facts that led to it; times count from the start of load.", class_="caption"
    )
    return join([intro, *parts])


def _incident(view: RunView, incident: Incident, chain: list[Link]) -> Markup:
    summary = tag(
        "summary",
        tag("span", f"{view.seconds(incident.at_ns):.3f} s", class_="when"),
        tag("span", incident.kind.replace("_", " "), class_="kind"),
        tag("span", incident.text, class_="text"),
    )
    details = [tag("tr", tag("td", ""), tag("td", name), tag("td", value)) for name, value in _details(view, incident)]
    rows = [
        tag("tr", tag("td", f"{view.seconds(link.at_ns):.3f} s"), tag("td", link.fact), tag("td", link.text))
        for link in chain
    ]
    if not rows:
        rows = [
            tag(
                "tr",
                tag("td", ""),
                tag("td", "facts"),
                tag("td", "no single fact caused this; it shows in the final reads"),
            )
        ]
    body = tag("div", tag("table", tag("tbody", *details, *rows)), class_="chain scroll")
    return tag("details", summary, body)


def _details(view: RunView, incident: Incident) -> list[tuple[str, str]]:
    told = [("channel", incident.channel), ("SKU", incident.sku)]
    if incident.units:
        told.append(("units", str(incident.units)))
    if incident.value_minor:
        told.append(("value", money_text(incident.value_minor / 100, view.currency)))
    told += [_detail(name, value) for name, value in incident.details.items()]
    return [(name, value) for name, value in told if value]


def _detail(name: str, value: str) -> tuple[str, str]:
    if name.endswith("_ms"):
        try:
            return name.removesuffix("_ms").replace("_", " "), duration_text(float(value))
        except ValueError:
            pass  # the checker wrote words instead of a number: they are shown as they are
    return name.replace("_", " "), value
