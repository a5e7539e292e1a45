"""The first screen of every form: causes first, and what follows from a cause folds under it."""

import io
import re
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace
from rich.console import Console

from stockstorm.reports.history import History
from stockstorm.reports.render.causes import first_screen
from stockstorm.reports.render.html import report_page
from stockstorm.reports.render.junit import junit_xml
from stockstorm.reports.render.markdown import markdown_text
from stockstorm.reports.render.terminal import print_result
from stockstorm.reports.result import Check, Diagnosis, Result
from tests.unit.reports.literal import golden_result

CAUSE = Diagnosis(
    "signature_check",
    "341 of 341 deliveries answered 401: the signature check differs",
    ("the service said “bad signature” (341 times)",),
    "compare the secret",
    ("nothing_lost", "drift"),
    fits_too=("wrong_token",),
)


@pytest.fixture
def diagnosed() -> Result:
    checks = (
        Check("nothing_lost", "invalid", "nothing_lost: 7 lost"),
        Check("drift", "invalid", "9 listings were wrong"),
        Check("oversell", "invalid", "3 units too many"),
    )
    reasons = ("nothing_lost: 7 lost", "drift: 9 listings were wrong", "oversell: 3 units too many")
    return replace(
        golden_result(), verdict="invalid", checks=checks, thresholds=(), reasons=reasons, diagnoses=(CAUSE,)
    )


def terminal_text(result: Result) -> str:
    console = Console(file=io.StringIO(), width=200)
    print_result(result, None, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_what_follows_from_a_cause_is_counted_and_not_repeated(diagnosed: Result) -> None:
    screen = first_screen(diagnosed)
    assert screen.causes == (CAUSE,)
    assert screen.reasons == ("oversell: 3 units too many",)
    assert screen.folded == 2


def test_without_a_cause_everything_is_told_as_it_was_found_with_names_in_words(diagnosed: Result) -> None:
    screen = first_screen(replace(diagnosed, diagnoses=()))
    assert (screen.causes, screen.reasons, screen.folded) == (
        (), ("nothing lost: 7 lost", *diagnosed.reasons[1:]), 0
    )  # fmt: skip


def test_the_end_of_a_process_is_not_told_twice(diagnosed: Result) -> None:
    ended = replace(CAUSE, name="process_ended")
    result = replace(diagnosed, unplanned=("worker ended",), diagnoses=(ended,))
    assert first_screen(result).unplanned == ()
    assert first_screen(replace(result, diagnoses=(CAUSE,))).unplanned == ("worker ended",)


def test_every_form_shows_cause_evidence_and_remedy_before_what_is_left(diagnosed: Result, history: History) -> None:
    texts = {
        "terminal": terminal_text(diagnosed),
        "markdown": markdown_text(diagnosed),
        "junit": junit_xml(diagnosed),
        "html": report_page(diagnosed, history),
    }
    for form, text in texts.items():
        assert CAUSE.cause in text, form
        assert CAUSE.remedy in text, form
        assert text.index(CAUSE.cause) < text.index("3 units too many"), form
    for form in ("terminal", "markdown", "html"):
        assert CAUSE.evidence[0] in texts[form], form
        assert "also fits" in texts[form], form


def test_in_html_causes_and_incidents_stand_before_charts(diagnosed: Result, history: History) -> None:
    titles = re.findall(r"<h2>(.*?)</h2>", report_page(diagnosed, history))
    assert titles[:2] == ["Cause", "Incidents"]


def test_in_junit_a_check_names_its_cause(diagnosed: Result) -> None:
    root = ElementTree.fromstring(junit_xml(diagnosed))  # noqa: S314  # our own text
    messages = {case.get("name"): case.findtext("system-out") for case in root.iter("testcase")}
    assert messages["drift"] == f"invalid: 9 listings were wrong (cause: {CAUSE.cause})"
    assert messages["oversell"] == "invalid: 3 units too many"


def test_texts_of_a_subject_are_harmless_in_every_form(diagnosed: Result, history: History) -> None:
    hostile = "</script><img src=x onerror=alert(1)> \x1b[31m| `x`"
    cause = replace(CAUSE, cause=hostile, evidence=(hostile,), remedy=hostile)
    result = replace(diagnosed, diagnoses=(cause,))
    assert "<img" not in report_page(result, history)
    assert not re.search(r"(?<!\\)<img", markdown_text(result))
    assert "\x1b[31m" not in terminal_text(result)
    ElementTree.fromstring(junit_xml(result))  # noqa: S314  # our own text
