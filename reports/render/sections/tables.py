"""The tables of the report: events by class, thresholds, checks with their measures, and the facts of the run."""

import math
from collections.abc import Iterable
from typing import Final

import msgspec
from markupsafe import Markup

from stockstorm.reports.formats import (
    NAMES,
    answers_text,
    condition_text,
    duration_text,
    effects_text,
    measure_name,
    measure_text,
    wall_text,
)
from stockstorm.reports.render.page import Fact, render
from stockstorm.reports.render.view import RunView
from stockstorm.reports.result import Check, Finding, ThresholdOutcome

EFFECTS: Final = ("once", "twice", "none", "superseded", "dead_lettered", "void", "healed", "stuck", "not_judged")
DELIVERIES: Final = ("acknowledged", "unacknowledged", "refused", "pending", "no_subscription", "withheld")


class ClassCell(msgspec.Struct, frozen=True):
    """Events of one delivery class and one effect class. `share` of the largest cell, on a log scale, is its shade."""

    count: int
    share: float
    bad: bool  # a correct subject has no such events


class ClassRow(msgspec.Struct, frozen=True):
    """One delivery class."""

    name: str
    cells: tuple[ClassCell, ...]
    total: int


class ThresholdRow(msgspec.Struct, frozen=True):
    """One threshold of the scenario."""

    verdict: Finding
    name: str
    measure: str
    condition: str
    found: str
    reason: str


class TopicTable(msgspec.Struct, frozen=True):
    """Measures by topic."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class TopicRow(msgspec.Struct, frozen=True):
    """One topic of one source, in words."""

    source: str
    topic: str
    events: int
    answered: str
    effect: str


class CheckRow(msgspec.Struct, frozen=True):
    """One check with its measures (label, value)."""

    verdict: Finding
    name: str
    reason: str
    notes: tuple[str, ...]
    measures: tuple[tuple[str, str], ...]
    exposure: tuple[tuple[str, int], ...]  # how often what it tests occurred
    topics: TopicTable | None


def classes(view: RunView) -> Markup:
    """One row for each delivery class, one column for each effect class, with sums."""
    found = view.result.event_classes
    names = _ordered(found, DELIVERIES)
    columns = _ordered({effect for row in found.values() for effect in row}, EFFECTS)
    most = max(1, *(count for row in found.values() for count in row.values())) if found else 1
    rows = [_class_row(name, found[name], columns, most) for name in names]
    totals = [sum(row.cells[number].count for row in rows) for number in range(len(columns))]
    return render("report/classes.html", columns=columns, rows=rows, totals=[*totals, sum(totals)])


def _class_row(name: str, counts: dict[str, int], columns: list[str], most: int) -> ClassRow:
    cells = tuple(_class_cell(name, effect, counts.get(effect, 0), most) for effect in columns)
    return ClassRow(name, cells, sum(counts.values()))


def _class_cell(delivery: str, effect: str, count: int, most: int) -> ClassCell:
    bad = effect == "twice" or (delivery == "acknowledged" and effect in {"none", "stuck"})
    return ClassCell(count, math.log1p(count) / math.log1p(most), bad)


def _ordered(present: Iterable[str], known: tuple[str, ...]) -> list[str]:
    """Known names in their order, then all others by name."""
    names = set(present)
    return [name for name in known if name in names] + sorted(names.difference(known))


def topics(view: RunView) -> Markup:
    """What the subject did with each topic. Empty for a run of many events."""
    found = view.result.topics
    if not found:
        return Markup("")
    rows = [TopicRow(one.source, one.topic, one.events, answers_text(one), effects_text(one)) for one in found]
    return render("report/topics.html", rows=rows)


def checks(view: RunView) -> Markup:
    """The scenario's thresholds, then every check with what it measured."""
    return render(
        "report/checks.html",
        thresholds=[_threshold_row(view, line) for line in view.result.thresholds],
        checks=[_check_row(view, check) for check in view.result.checks],
    )


def _threshold_row(view: RunView, line: ThresholdOutcome) -> ThresholdRow:
    found = measure_text(line.measure, line.found, view.currency)
    return ThresholdRow(
        line.verdict, measure_name(line.measure), line.measure, condition_text(line), found, line.reason
    )


def _check_row(view: RunView, check: Check) -> CheckRow:
    own = {name: value for name, value in check.measures.items() if _topic_of(check, name) is None}
    if check.name == "event_classes":  # shown in a table of their own
        own = {}
    measures = ((_short_name(check, name), measure_text(name, value, view.currency)) for name, value in own.items())
    exposure = tuple(check.exposure.items())
    return CheckRow(check.verdict, check.name, check.reason, check.notes, tuple(measures), exposure, _by_topic(check))


def _short_name(check: Check, measure: str) -> str:
    """A measure's label, or its name without the check's own name."""
    if measure in NAMES:
        return NAMES[measure]
    return measure.removeprefix(f"{check.name}.").replace("_", " ").replace(".", ", ")


def _topic_of(check: Check, measure: str) -> str | None:
    """The topic in `delivery_success.<topic>.<statistic>`. Topics may contain dots."""
    parts = measure.split(".")
    return ".".join(parts[1:-1]) if check.name == "delivery_success" and len(parts) > 2 else None


def _by_topic(check: Check) -> TopicTable | None:
    topics: dict[str, dict[str, str]] = {}
    for name, value in check.measures.items():
        topic = _topic_of(check, name)
        if topic is not None:
            topics.setdefault(topic, {})[name.rsplit(".", 1)[1]] = measure_text(name, value)
    if not topics:
        return None
    columns = list(dict.fromkeys(column for row in topics.values() for column in row))
    rows = tuple((topic, *(row.get(column, "") for column in columns)) for topic, row in sorted(topics.items()))
    return TopicTable(("topic", *(column.replace("_", " ") for column in columns)), rows)


def run_facts(view: RunView) -> list[Fact]:
    """What a reader needs to check and to repeat this run."""
    result, started = view.result, view.started
    return [
        Fact("scenario", result.scenario),
        Fact("subject", result.subject),
        Fact("replay", result.replay, code=True),
        Fact("seed", str(result.seed)),
        Fact("plan digest", result.plan_digest, code=True),
        Fact("started", wall_text(result.started_wall_ns)),
        Fact("load lasted", duration_text(view.load_end_s * 1000)),
        Fact("level", result.level or "not recorded"),
        Fact("rest", result.rest or "not recorded"),
        Fact("driver", started.driver),
        Fact("safety stock", f"{started.safety_stock} units"),
        *((Fact("listings", "fewer units than there are, on purpose"),) if started.lists_less else ()),
        Fact("commit", result.commit or "unknown", code=True),
        Fact("versions", ", ".join(f"{name} {version}" for name, version in sorted(result.versions.items()))),
        Fact("machine", ", ".join(f"{name}: {value}" for name, value in sorted(result.machine.items()))),
        Fact("facts in the history", f"{len(view.history.facts):,}"),
        *(Fact("note", note) for note in result.notes),
    ]
