"""docs/cli.md names every command and flag of the program, as the code has them."""

from stockstorm.loadtests.cli.reference import reference
from tests.running import ROOT


def test_the_page_is_current() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert page == reference(), "write it with: python -m stockstorm.loadtests.cli.reference"


def test_it_names_every_command_with_its_flags_and_every_exit_code() -> None:
    page = reference()
    for wanted in ("## stockstorm run", "## stockstorm serve", "`--subject`", "`TOPIC`", "| 130 | interrupted |"):
        assert wanted in page
