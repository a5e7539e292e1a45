"""A regression on the terminal, as Markdown, and as JUnit for a CI system."""

import statistics
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stockstorm.reports.formats import measure_text
from stockstorm.reports.regress.compared import Change, Compared, percent, title
from stockstorm.reports.regress.regression import Regression
from stockstorm.reports.regress.timings import OF_TAIL, TAIL
from stockstorm.reports.render.markdown import plain
from stockstorm.reports.result import counted, printable
from stockstorm.simulator.errors import StockstormError

MARKS: Final[dict[Change, str]] = {"regressed": "✕", "improved": "✓", "same": "=", "unknown": "?"}
COLOURS: Final[dict[Change, str]] = {"regressed": "red", "improved": "green", "same": "dim", "unknown": "yellow"}
OUTCOMES: Final[dict[Change, str]] = {"regressed": "failure", "improved": "", "same": "", "unknown": "skipped"}
NOT_IN_TURNS: Final = (
    "the sides were not played in turns, so a drift of the machine within minutes can look like a change"
)
KINDS: Final = {"check": "checks", "count": "counts", "timing": "timings"}


def print_regression(found: Regression, console: Console) -> None:
    """Verdict, reasons, what changed and all timings, and how many of the rest did not change."""
    console.print(Text(f"{MARKS[found.change]} {found.change}", f"bold {COLOURS[found.change]}"))
    for reason in found.reasons:
        console.print(Text(printable(f"  {reason}")), soft_wrap=True)
    table = Table("what", "before", "after", "change", box=None, pad_edge=False)
    for one in shown(found):
        mark = Text(printable(f"{MARKS[one.change]} {_short(one)}"), COLOURS[one.change])
        table.add_row(Text(title(one)), Text(value_text(one, one.before)), Text(value_text(one, one.after)), mark)
    console.print(table)
    for line in notes(found):
        console.print(Text(printable(line), "dim"), soft_wrap=True)


def shown(found: Regression) -> list[Compared]:
    """What is worth a line: all timings, and whatever else is not the same."""
    return [one for one in found.compared if one.kind == "timing" or one.change != "same"]


def value_text(one: Compared, values: Sequence[float]) -> str:
    """The median of a timing, the most of a count, the failures of a check."""
    if not values:
        return "–"
    if one.kind == "timing":
        middle = statistics.median(values)
        unit = {"cores": "", "cpu_ms": " ms"}.get(one.name.rpartition(".")[2])
        return measure_text(one.name, middle) if unit is None else f"{middle:.3g}{unit}"
    if one.kind == "count":
        return measure_text(one.name, max(values))
    return f"{sum(values):.0f} of {len(values)} failed"


def _short(one: Compared) -> str:
    """A timing's factor with its interval; in words what is no timing, or has no interval."""
    if one.shift is None:
        return one.reason.partition(":")[0] if one.kind == "timing" else one.change
    varies = ", too wide to tell" if one.change == "unknown" else ""
    return f"{percent(one.shift.factor)} ({percent(one.shift.low)} to {percent(one.shift.high)}{varies})"


def notes(found: Regression) -> list[str]:
    """What was compared, and how certain it is."""
    kept = [
        counted(total, kind)
        for kind in ("check", "count")
        if (total := sum(one.kind == kind and one.change == "same" for one in found.compared))
    ]
    runs = f"{counted(len(found.before), 'run')} before, {counted(len(found.after), 'run')} after"
    return [
        *([f"the same: {' and '.join(kept)}"] if kept else []),
        f"{runs}; plans: {'; '.join(found.plans)}",
        *found.apart,
        *([] if found.in_turns else [NOT_IN_TURNS]),
        *([f"{counted(len(found.unknown), 'run')} without a verdict: {found.unknown[0]}"] if found.unknown else []),
        *_noise(found),
        *(
            [f"{counted(len(found.refused), 'run')} refused, without a result: {found.refused[-1]}"]
            if found.refused
            else []
        ),
    ]


def _noise(found: Regression) -> list[str]:
    """Beyond what a timing counts as changed, and how it was compared."""
    followed = [one for one in found.compared if one.by_machine]
    most = max([found.noise, *(one.noise for one in found.compared if not one.name.endswith(TAIL))])
    confidence = min((one.shift.confidence for one in found.compared if one.shift is not None), default=0.0)
    lines = [f"intervals are of {confidence:.1%} confidence"] if confidence else []
    lines += [f"a timing counts as changed beyond {found.noise:.0%}, a 95th percentile beyond {OF_TAIL} times that"]
    if most > found.noise:
        lines.append(f"some count only beyond {most:.0%}, because after the change {_machine(found)}")
    if followed:
        told = f"{counted(len(followed), 'timing')} followed the machine from run to run"
        lines.append(
            f"{told}, so {'its factor is' if len(followed) == 1 else 'their factors are'} by the machine's own"
        )
    return lines


def _machine(found: Regression) -> str:
    """How the machine was another one."""
    changes = (
        (found.machine, "the machine was", "slower", "faster"),
        (found.delay, "the machine let work wait", "longer", "less"),
    )
    told = [
        f"{what} {abs(change - 1):.0%} {more if change > 1 else less}"
        for change, what, more, less in changes
        if abs(change - 1) > found.noise
    ]
    return " and ".join(told) or "the machine was another one"


def regression_markdown(found: Regression) -> str:
    """The same, for a CI job to post."""
    lines = [f"## {MARKS[found.change]} {found.change}", "", *(f"- {plain(reason)}" for reason in found.reasons), ""]
    lines += ["| what | before | after | change |", "|---|---:|---:|---|"]
    for one in shown(found):
        cells = (title(one), value_text(one, one.before), value_text(one, one.after))
        lines.append(f"| {' | '.join(map(plain, cells))} | {MARKS[one.change]} {plain(_short(one))} |")
    for one in found.compared:
        if one.incidents:
            lines += ["", f"**{plain(title(one))}**", "", *(f"- {plain(found.text)}" for found in one.incidents)]
    lines += ["", *(f"- {plain(note)}" for note in notes(found)), ""]
    return printable("\n".join(lines))


def not_compared_markdown(error: StockstormError) -> str:
    """The page of sides that could not be compared at all."""
    return printable(
        "\n".join(
            ("## ? not compared", "", f"- {plain(error.where)}: {plain(error.found)}", f"- {plain(error.remedy)}", "")
        )
    )


def regression_junit(found: Regression) -> str:
    """One suite for each kind, one case for each thing compared, with the incidents of what regressed.

    The time of the first suite is the seconds of load of all runs; the others have none, since readers add them. What
    could not be compared is skipped, since a build passes it.
    """
    root = ET.Element("testsuites", name="stockstorm regress", time=f"{found.seconds:.3f}")
    outcome = "error" if found.change == "unknown" else OUTCOMES[found.change]
    suite = _suite(root, "overall", [outcome], found.seconds)
    _case(suite, "overall", found.change, "; ".join(found.reasons), outcome)
    for kind, name in KINDS.items():
        members = [one for one in found.compared if one.kind == kind]
        suite = _suite(root, name, [OUTCOMES[one.change] for one in members], 0.0)
        for one in members:
            told = "\n".join([one.reason, *(incident.text for incident in one.incidents)])
            _case(suite, one.name, one.change, told, OUTCOMES[one.change])
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(root: ET.Element, name: str, outcomes: Sequence[str], seconds: float) -> ET.Element:
    suite = ET.SubElement(root, "testsuite", name=f"regress.{name}", tests=str(len(outcomes)), time=f"{seconds:.3f}")
    for attribute, outcome in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(outcomes.count(outcome)))
    return suite


def _case(suite: ET.Element, name: str, change: Change, text: str, outcome: str) -> None:
    case = ET.SubElement(suite, "testcase", classname=f"stockstorm.{suite.get('name')}", name=printable(name))
    if outcome:
        ET.SubElement(case, outcome, message=printable(text.partition("\n")[0]), type=change)
    ET.SubElement(case, "system-out").text = printable(f"{change}: {text}")
