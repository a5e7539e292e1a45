"""`stockstorm docs`: the pages that messages name are there without a clone."""

import ast
import re
from collections.abc import Iterator

import msgspec
import pytest

from stockstorm.loadtests.cli.app import app
from stockstorm.loadtests.invocation import invoke
from stockstorm.simulator.errors import ScenarioError
from tests.running import ROOT

FOLDERS = ("loadtests", "reports", "scenarios", "simulator", "reference_service")
PAGES = ROOT / "stockstorm" / "docs"
DEVELOPERS = {"power"}  # written by a command, and read in a clone


def said(tree: ast.Module) -> Iterator[str]:
    """The strings of a module without its docstrings."""
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in bare:
            yield node.value


def test_every_page_that_a_message_names_can_be_shown() -> None:
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") if "node_modules" not in path.parts]
    paths += list((ROOT / "stockstorm").glob("*.py"))
    texts = [text for path in paths for text in said(ast.parse(path.read_text(encoding="utf-8")))]
    named = {name for text in texts for name in re.findall(r"docs/([a-z_]+)\.md", text)}
    assert "own_service" in named
    assert named - {path.stem for path in PAGES.iterdir()} - DEVELOPERS == set()


def test_each_page_is_a_link_to_the_one_that_is_kept() -> None:
    assert {path.name: str(path.readlink()) for path in PAGES.iterdir()} == {
        path.name: f"../../docs/{path.name}" for path in PAGES.iterdir()
    }
    assert all(path.is_file() for path in PAGES.iterdir())


@pytest.mark.parametrize("word", ["own_service", "docs/own_service.md"])
def test_a_page_is_printed_as_it_is(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(app, ["docs", word]) == 0
    assert capsys.readouterr().out == (ROOT / "docs" / "own_service.md").read_text(encoding="utf-8")


def test_without_a_page_all_are_listed_by_title(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(app, ["docs"]) == 0
    assert "Your own service as the subject" in capsys.readouterr().out


def test_the_same_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(app, ["docs", "--json"]) == 0
    pages = msgspec.json.decode(capsys.readouterr().out)["pages"]
    assert {"name": "installing", "title": "Installing"} in pages
    assert invoke(app, ["docs", "installing", "--json"]) == 0
    assert msgspec.json.decode(capsys.readouterr().out)["pages"][0]["text"].startswith("# Installing\n")


def test_an_unknown_page_is_refused_with_the_nearest() -> None:
    with pytest.raises(ScenarioError, match='did you mean "own_service"'):
        invoke(app, ["docs", "own_servise"])
