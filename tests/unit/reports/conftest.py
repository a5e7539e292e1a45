"""A synthetic run, judged once for all tests that only read it."""

from pathlib import Path

import pytest

from stockstorm.reports.history import History
from stockstorm.reports.result import Result
from stockstorm.reports.store import RunFolder, create_run_folder
from stockstorm.reports.verdict.judge import judge
from tests.unit.reports.synthetic import flash_sale


@pytest.fixture(scope="session")
def history() -> History:
    return History.of(flash_sale())


@pytest.fixture(scope="session")
def result(history: History) -> Result:
    return judge(history)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return create_run_folder(tmp_path / "runs", "20261124-063000-flash_sale-7")
