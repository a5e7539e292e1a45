"""Whatever text a run holds, no output passes on what a terminal would obey, or what makes a file unreadable."""

import io
import json
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.console import Console

from stockstorm.loadtests.cli.progress import Progress
from stockstorm.loadtests.ipc.messages import Live
from stockstorm.reports.history import History
from stockstorm.reports.json_text import as_json
from stockstorm.reports.render.html import report_page
from stockstorm.reports.render.junit import junit_xml
from stockstorm.reports.render.markdown import markdown_text
from stockstorm.reports.render.terminal import print_result
from stockstorm.reports.result import Check, Incident, Result, printable
from tests.literal_history import history as literal
from tests.literal_history import opened
from tests.unit.reports.literal import golden_result

HOSTILE = [*map(chr, range(32)), "\x7f", "\x9b", "\x1b[2J", "\ud800", "\udfff", "\ufffe", "\uffff", "\u202e", "\u2066"]
texts = st.lists(
    st.one_of(st.sampled_from(HOSTILE), st.characters(), st.sampled_from(["[/]", "<", "|", "`"])), max_size=12
).map("".join)


@st.composite
def results(draw: st.DrawFn) -> Result:
    """A result with such a text wherever it holds text that is not ours."""
    incident = Incident("oversell", 5, draw(texts), channel=draw(texts), sku=draw(texts), details={"a": draw(texts)})
    check = Check("oversell", "invalid", draw(texts), incidents=(incident,), incidents_total=1, notes=(draw(texts),))
    return replace(
        golden_result(),
        run=draw(texts),
        scenario=draw(texts),
        subject=draw(texts),
        reasons=(draw(texts),),
        checks=(check,),
        notes=(draw(texts),),
        replay=draw(texts),
        commit=draw(texts),
        versions={"python": draw(texts)},
        machine={"system": draw(texts)},
    )


def is_clean(text: str) -> bool:
    text.encode()
    assert not [hex(ord(sign)) for sign in text if printable(sign) != sign]
    return True


@settings(max_examples=30)
@given(results())
def test_the_terminal_gets_no_control_characters(result: Result) -> None:
    out = io.StringIO()
    print_result(result, None, Console(file=out, width=100))
    assert is_clean(out.getvalue())


@settings(max_examples=30)
@given(results())
def test_junit_is_xml(result: Result) -> None:
    text = junit_xml(result)
    assert ET.fromstring(text).tag == "testsuites"  # noqa: S314  # our own text
    assert is_clean(text)


@settings(max_examples=30)
@given(results())
def test_markdown_is_clean(result: Result) -> None:
    assert is_clean(markdown_text(result))


@settings(max_examples=30)
@given(results())
def test_json_is_json(result: Result) -> None:
    read: dict[str, Any] = json.loads(as_json(result))
    assert read["seed"] == result.seed


@settings(max_examples=4, suppress_health_check=[HealthCheck.too_slow])
@given(results())
def test_the_page_is_clean_but_for_its_library(result: Result) -> None:
    facts: History = literal(*opened())
    page = report_page(result, facts)
    assert page.encode()
    ours = page[: page.index("<script")] + page[page.rindex("</script>") :]
    assert is_clean(ours)


@pytest.mark.parametrize("terminal", [True, False])
@given(texts)
@settings(max_examples=25)
def test_progress_shows_any_step_and_any_phase(terminal: bool, text: str) -> None:
    out = io.StringIO()
    figures = Live(text, 1.0, 2.0, 3, 3, 0, 1.0, 1.0, 0)
    with Progress(Console(file=out, width=100, force_terminal=terminal), "title") as progress:
        progress.show(text)
        progress.live(figures)
    if not terminal:
        assert is_clean(out.getvalue())
