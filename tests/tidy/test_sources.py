"""Habits of every Python file: it says what it is, gives reasons for what it suppresses, and leaves nothing undone."""

import ast
import re
from typing import Any

import pytest

# Spelled with hyphens here, so that this file holds none of them.
UNDONE = re.compile(r"\b(T-O-D-O|F-I-X-M-E|X-X-X|H-A-C-K|Not-Implemented-Error)\b".replace("-", ""))
BARE_IGNORE = re.compile(r"#\s*type:\s*ignore(?!\[[a-z-]+(, ?[a-z-]+)*\]\s*#\s*\S)")
BARE_NOQA = re.compile(r"#\s*noqa(?!: [A-Z]+[0-9]+(, ?[A-Z]+[0-9]+)*( - |  # )\S)")
MARKERS = re.compile(r"pytest\.mark\.(skip|xfail)|\.mark\.skipif")
SWALLOWED = re.compile(r"except Exception( as \w+)?:\s*\n?\s*pass\b")


def test_every_module_opens_with_what_it_is(sources: list[Any]) -> None:
    """Modules of tests are excused, since the names of their tests are sentences."""
    silent = [source.name for source in sources if source.text.strip() and not ast.get_docstring(source.tree)]
    assert [name for name in silent if not name.rpartition("/")[2].startswith("test_")] == []


def test_no_opening_is_longer_than_ten_lines(sources: list[Any]) -> None:
    openings = {source.name: ast.get_docstring(source.tree) or "" for source in sources}
    assert [name for name, opening in openings.items() if opening.count("\n") + 1 > 12] == []


@pytest.mark.parametrize("pattern", [UNDONE, BARE_IGNORE, BARE_NOQA, MARKERS, SWALLOWED], ids=lambda p: p.pattern[:24])
def test_nothing_is_left_undone_suppressed_without_a_reason_or_skipped(
    sources: list[Any], pattern: re.Pattern[str]
) -> None:
    found = [
        f"{source.name}:{source.text.count(chr(10), 0, match.start()) + 1}: {match.group()}"
        for source in sources
        for match in pattern.finditer(source.text)
        if not source.name.startswith("tests/tidy/")
    ]
    assert found == []


def test_every_test_asserts_something(sources: list[Any]) -> None:
    judges = re.compile(r"Assert\(|raises|'assert_|'check_|expect|benchmark|'wait_until'")
    silent = [
        f"{source.name}:{node.lineno} {node.name}"
        for source in sources
        if source.name.startswith("tests/")
        for node in source.functions
        if node.name.startswith("test_") and not judges.search(ast.dump(node))
    ]
    assert silent == []
