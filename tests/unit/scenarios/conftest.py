"""A small valid scenario file. Each test breaks it in its own way."""

from collections.abc import Callable
from pathlib import Path

import pytest

from stockstorm.reports.checkers import MEANINGS
from stockstorm.scenarios import load
from stockstorm.simulator.errors import ScenarioError

VALID = """\
title = "A title"
shows = "What it shows."

[shop]
skus = 10
hot_skus = 2

[[channels]]
name = "online"

[[channels]]
name = "bazaar"

[[phases]]
name = "all"
seconds = 5.0
rate = 2.0
hot_share = 0.5
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """Write the valid file with replacements and an addition. Returns its path."""

    def write_file(*replacements: tuple[str, str], add: str = "", name: str = "mine.toml") -> str:
        text = VALID
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / name
        path.write_text(text + add, encoding="utf-8")
        return str(path)

    return write_file


@pytest.fixture
def complaint(write: Callable[..., str]) -> Callable[..., str]:
    """The error of loading the broken file."""

    def load_and_catch(*replacements: tuple[str, str], add: str = "") -> str:
        with pytest.raises(ScenarioError) as caught:
            load(write(*replacements, add=add), MEANINGS)
        return str(caught.value)

    return load_and_catch
