"""The files of the repository, parsed once, for the tidiness tests."""

import ast
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.running import ROOT

FOREIGN = {"__pycache__", "node_modules"}
PACKAGES = ("simulator", "scenarios", "loadtests", "reference_service", "reports")
TEXTS = {
    ".py",
    ".toml",
    ".md",
    ".sql",
    ".graphql",
    ".js",
    ".css",
    ".html",
    ".json",
    ".jsonl",
    ".lock",
    ".yml",
    ".yaml",
    "",
}


class Source(NamedTuple):
    """A Python file of ours."""

    name: str
    text: str
    tree: ast.Module

    @property
    def lines(self) -> int:
        return self.text.count("\n")

    @property
    def functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def packages() -> tuple[str, ...]:
    return PACKAGES


@pytest.fixture(scope="session")
def sources() -> list[Source]:
    """Every Python file of the packages and of the tests."""
    paths = sorted(
        path
        for folder in (*PACKAGES, "tests")
        for path in (ROOT / folder).rglob("*.py")
        if not FOREIGN & set(path.parts)
    )
    texts = [(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")) for path in paths]
    return [Source(name, text, ast.parse(text)) for name, text in texts]


@pytest.fixture(scope="session")
def texts() -> dict[str, str]:
    """Every text file of the repository that is ours, by name."""
    folders = (*PACKAGES, "tests", "docs", ".ci")
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*")] + list(ROOT.iterdir())
    ours = sorted(path for path in paths if path.is_file() and path.suffix in TEXTS and not FOREIGN & set(path.parts))
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8", errors="replace") for path in ours}
