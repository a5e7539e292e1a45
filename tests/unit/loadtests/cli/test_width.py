"""How wide the output is when COLUMNS, or the terminal, says something odd."""

import os

import pytest

from stockstorm.loadtests.streams import WIDTH_MAX, WIDTH_MIN, bound_width


@pytest.mark.parametrize(
    ("told", "columns"),
    [
        ("0", str(WIDTH_MIN)),
        ("1", str(WIDTH_MIN)),
        ("999999999", str(WIDTH_MAX)),
        ("132", "132"),
        ("-5", None),
        ("", None),
        ("wide", None),
        ("\u0663", None),
        ("9" * 5_000, None),
    ],
)
def test_a_width_is_one_that_can_be_read(told: str, columns: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", told)
    monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size((80, 24)))
    bound_width()
    assert os.environ.get("COLUMNS") == columns


@pytest.mark.parametrize(("terminal", "columns"), [(1, str(WIDTH_MIN)), (100, None), (0, None)])
def test_a_terminal_of_no_width_counts_as_the_narrowest(
    terminal: int, columns: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0: that of many containers, for which Python and Rich take 80."""
    monkeypatch.setenv("COLUMNS", "")  # which is undone after the test
    monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size((terminal, 24)))
    bound_width()
    assert os.environ.get("COLUMNS") == columns
