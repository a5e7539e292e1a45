"""Events by class: how they were delivered against what effect they had, as a table shaded by number.

The tables at the end: thresholds, checks with their measures, and the facts of the run.
"""

import math
from typing import Final

from stockstorm.reports.formats import NAMES, duration_text, measure_name, measure_text, wall_text
from stockstorm.reports.render.markup import Markup, join, tag
from stockstorm.reports.render.markup import table as table_of
from stockstorm.reports.render.sections.banner import badge
from stockstorm.reports.render.view import RunView
from stockstorm.reports.result import Check

EFFECTS: Final = ("once", "twice", "none", "superseded", "dead_lettered", "void", "healed", "not_judged")
DELIVERIES: Final = ("acknowledged", "unacknowledged", "refused", "pending", "no_subscription")
# What a sound subject never has: acknowledged events without effect, and events applied twice.
BAD_EFFECTS: Final = {("acknowledged", "none")}


def classes(view: RunView) -> Markup:
    """One row for each delivery class, one column for each effect class, with sums."""
    found = view.result.event_classes
    if not found:
        return tag("p", "The events of this run were not classified.", class_="caption")
    rows = _ordered(found, DELIVERIES)
    columns = _ordered({effect: 0 for row in found.values() for effect in row}, EFFECTS)
    most = max(1, *(count for row in found.values() for count in row.values()))
    head = tag(
        "tr",
        tag("th", "delivery ↓  effect →", scope="col"),
        *(tag("th", _words(c), scope="col") for c in columns),
        tag("th", "sum", scope="col"),
    )
    body = [
        tag("tr", tag("th", _words(row), scope="row"), *(_cell(row, c, found[row].get(c, 0), most) for c in columns),
            tag("td", f"{sum(found[row].values()):,}"))
        for row in rows
    ]  # fmt: skip
    sums = [sum(found[row].get(column, 0) for row in rows) for column in columns]
    foot = tag("tr", tag("th", "sum", scope="row"), *(tag("td", f"{n:,}") for n in sums), tag("td", f"{sum(sums):,}"))
    table = tag("table", tag("thead", head), tag("tbody", *body, foot), class_="classes")
    caption = (
        "Every event stands in exactly one cell, so the sums close. Lost means acknowledged without any effect; that "
        "cell and the column of events applied twice are outlined when they are not empty."
    )
    return tag("div", tag("p", caption, class_="caption"), tag("div", table, class_="scroll"))


def _ordered(
    present: dict[str, object] | dict[str, int] | dict[str, dict[str, int]], known: tuple[str, ...]
) -> list[str]:
    return [name for name in known if name in present] + sorted(name for name in present if name not in known)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _cell(delivery: str, effect: str, count: int, most: int) -> Markup:
    if not count:
        return tag("td", "0", class_="zero")
    if (delivery, effect) in BAD_EFFECTS or effect == "twice":
        return tag("td", f"✕ {count:,}", class_="bad")
    share = math.log1p(count) / math.log1p(most)
    return tag("td", f"{count:,}", class_="cell", style=f"--share:{share:.3f}")


def checks(view: RunView) -> Markup:
    """Thresholds first, since the scenario asked for them; then every check, with what it measured."""
    lines = [
        (badge(line.verdict), join([measure_name(line.measure), tag("br"), tag("code", line.measure)]), line.condition,
         measure_text(line.measure, line.found, view.currency), line.reason)
        for line in view.result.thresholds
    ]  # fmt: skip
    thresholds = table_of(("verdict", "measure", "wanted", "found", "why"), lines, "checks")
    if not lines:
        thresholds = tag("p", "The scenario sets no thresholds.", class_="caption")
    found = [
        (badge(check.verdict), tag("b", check.name.replace("_", " ")), _reason(view, check))
        for check in view.result.checks
    ]
    return join(
        [
            tag("h3", "Thresholds"),
            thresholds,
            tag("h3", "Checks"),
            table_of(("verdict", "check", "why"), found, "checks"),
        ]
    )


def _reason(view: RunView, check: Check) -> Markup:
    own = {name: value for name, value in check.measures.items() if _topic_of(check, name) is None}
    measures = [
        tag("span", f"{_short_name(check, name)} ", tag("b", measure_text(name, value, view.currency)))
        for name, value in own.items()
        if check.name != "event_classes"  # they have a table of their own
    ]
    notes = [tag("div", note, class_="sub") for note in check.notes]
    shown = [tag("div", *measures, class_="measures")] if measures else []
    return join([check.reason, *notes, *shown, *_by_topic(check)])


def _short_name(check: Check, measure: str) -> str:
    """A measure's name for people; where it has none, what follows the check's own name."""
    if measure in NAMES:
        return NAMES[measure]
    return measure.removeprefix(f"{check.name}.").replace("_", " ").replace(".", ", ")


def _topic_of(check: Check, measure: str) -> str | None:
    """The topic in `delivery_success.<topic>.<statistic>`; topics may hold dots."""
    parts = measure.split(".")
    return ".".join(parts[1:-1]) if check.name == "delivery_success" and len(parts) > 2 else None


def _by_topic(check: Check) -> list[Markup]:
    topics: dict[str, dict[str, str]] = {}
    for name, value in check.measures.items():
        topic = _topic_of(check, name)
        if topic is not None:
            topics.setdefault(topic, {})[name.rsplit(".", 1)[1]] = measure_text(name, value)
    if not topics:
        return []
    columns = list(dict.fromkeys(column for row in topics.values() for column in row))
    rows = [(topic, *(row.get(column, "") for column in columns)) for topic, row in sorted(topics.items())]
    return [table_of(("topic", *(column.replace("_", " ") for column in columns)), rows, "topics")]


def run_facts(view: RunView) -> Markup:
    """What it takes to trust and to repeat this run."""
    result, started = view.result, view.started
    rows: list[tuple[str, str]] = [
        ("scenario", result.scenario),
        ("subject", result.subject),
        ("replay", tag("code", result.replay)),
        ("seed", str(result.seed)),
        ("plan digest", tag("code", result.plan_digest)),
        ("started", wall_text(result.started_wall_ns)),
        ("load lasted", duration_text(view.load_end_s * 1000)),
        ("driver", started.driver),
        ("safety stock", f"{started.safety_stock} units"),
        ("commit", tag("code", result.commit or "unknown")),
        ("versions", ", ".join(f"{name} {version}" for name, version in sorted(result.versions.items()))),
        ("machine", ", ".join(f"{name}: {value}" for name, value in sorted(result.machine.items()))),
        ("facts in the history", f"{len(view.history.facts):,}"),
    ]
    rows += [("note", note) for note in result.notes]
    body = (tag("tr", tag("td", name), tag("td", value)) for name, value in rows)
    return tag("div", tag("table", tag("tbody", *body), class_="facts"), class_="scroll")
