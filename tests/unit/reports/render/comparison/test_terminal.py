"""The comparison in the terminal, wide and narrow."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from stockstorm.reports.compare.build import compare
from stockstorm.reports.render.comparison.terminal import print_comparison
from tests.unit.reports.compared import SUBJECTS, matrix, run_summary
from tests.unit.reports.literal import check


def printed(width: int) -> str:
    wrong = check("drift", "invalid", "6 listings were [bold]wrong[/]")
    runs = [run_summary("webhook", 10.0, checks=[wrong]), run_summary("queue", 900.0, oversold=4.0)]
    stream = io.StringIO()
    console = Console(file=stream, width=width)
    print_comparison(
        compare(matrix("webhook", "queue"), SUBJECTS, runs, [], {}), console, Path("runs/x/comparison.html")
    )
    return stream.getvalue()


@pytest.mark.parametrize("width", [80, 160])
def test_the_ranking_lists_every_entry_with_verdict_and_measures(width: int) -> None:
    text = printed(width)
    assert "queue is best" in text
    rows = [line.split() for line in text.splitlines()]
    assert ["1", "queue", "✓", "passed"] in [row[:4] for row in rows]
    assert ["–", "webhook", "✕", "failed"] in [row[:4] for row in rows]
    assert "runs/x/comparison.html" in text


def test_a_wide_terminal_gets_the_tier_and_the_costs_as_well() -> None:
    assert "under 2 s" in printed(160)
    assert "CPU" in printed(160)
    assert "CPU" not in printed(80)


def test_user_text_is_never_taken_for_markup() -> None:
    assert "[bold]wrong[/]" in printed(160)
