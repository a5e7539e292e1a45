"""The terminal shows verdict, tiers, measures and incidents, and does not interpret markup in user text."""

import io

import pytest
from msgspec.structs import replace
from rich.console import Console

from stockstorm.reports.history import History
from stockstorm.reports.render import render_all
from stockstorm.reports.render.terminal import print_result
from stockstorm.reports.result import Result, ThresholdOutcome, TopicOutcome
from stockstorm.reports.store import RunFolder
from tests.unit.reports.literal import golden_result


def printed(result: Result, width: int = 120) -> str:
    out = io.StringIO()
    print_result(result, None, Console(file=out, width=width), "GBP")
    return out.getvalue()


def test_verdict_tiers_thresholds_and_incidents_are_printed() -> None:
    text = printed(golden_result())
    for expected in (
        "✕ INVALID",
        "! worker ended by signal 9 (SIGKILL) at 11.000 s",
        "qualifies for under 10 s",
        "? under 2 s",
        "✕ == 0",
        "1.96 s",
        "bazaar sold 1 unit",
        "rest: by probe, two reads 0.5 s apart",
        "replay:",
    ):
        assert expected in text


def test_zero_oversells_are_printed_with_their_bound() -> None:
    measures = {"oversell.units": 0.0, "oversell.exposures": 60.0, "oversell.bound_per_exposure": 0.05}
    text = printed(replace(golden_result(), measures=measures))
    assert "no oversell in 60 sell-outs across channels, so at most 5 % of them are oversold (at 95 %)" in text
    assert "share of sell-outs oversold, at most" in text


def test_what_became_of_each_topic_is_printed_where_it_is_known() -> None:
    assert "Topics" not in printed(golden_result())
    row = TopicOutcome("bazaar", "order.created", 2, {"200": 2}, {"once": 2})
    text = printed(replace(golden_result(), topics=(row,)))
    assert "order.created" in text
    assert "200 (2 times)" in text
    assert "seen once" in text


def test_a_valid_run_says_how_often_what_it_claims_was_tested() -> None:
    outcome = ThresholdOutcome("oversell.units", "== 0", 0.0, "valid", "as wanted")
    exposed = replace(golden_result().checks[1], verdict="valid", incidents=())
    valid = replace(golden_result(), verdict="valid", thresholds=(outcome,), checks=(exposed,))
    assert "✓ tested: oversell: 3 sell-outs across channels" in printed(valid)
    assert "tested:" not in printed(replace(valid, verdict="invalid"))
    assert "tested:" not in printed(replace(valid, thresholds=()))


def test_markup_in_user_text_is_printed_as_it_is() -> None:
    text = printed(replace(golden_result(), subject="[red]evil[/red] [link=x]y[/link]"))
    assert "[red]evil[/red] [link=x]y[/link]" in text


@pytest.mark.parametrize("width", [60, 80, 200])
def test_no_line_is_wider_than_the_terminal(result: Result, width: int) -> None:
    assert max(len(line) for line in printed(result, width).splitlines() if not line.startswith("replay")) <= width


def test_the_files_that_were_written_are_named(
    result: Result, history: History, folder: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    written = render_all(result, history, folder)
    assert set(written) == {"json", "junit", "markdown", "html"}
    assert all(path.stat().st_size > 0 for path in written.values())
    assert str(folder.report) in capsys.readouterr().out


def test_only_the_named_forms_are_rendered(result: Result, history: History, folder: RunFolder) -> None:
    assert render_all(result, history, folder, "json") == {"json": folder.result}
    assert not folder.report.exists()
    with pytest.raises(KeyError):
        render_all(result, history, folder, "pdf")
