"""Rules for every Python file: a docstring, a reason for each suppression, no unfinished work, and its length."""

import ast
import re
from typing import Any

import pytest

# Spelled with hyphens here, so that this file holds none of them.
UNDONE = re.compile(r"\b(T-O-D-O|F-I-X-M-E|X-X-X|H-A-C-K|Not-Implemented-Error)\b".replace("-", ""))
BARE_IGNORE = re.compile(r"#\s*type:\s*ignore(?!\[[a-z-]+(, ?[a-z-]+)*\]\s*#\s*\S)")
BARE_NOQA = re.compile(r"#\s*noqa(?!: [A-Z]+[0-9]+(, ?[A-Z]+[0-9]+)*( - |  # )\S)")
MARKERS = re.compile(r"pytest\.mark\.(skip|xfail)|\.mark\.skipif")
JUDGES = {"pytest.raises", "pytest.warns", "pytest.fail", "expect"}
HELPER = re.compile(r"assert_|expect_|wait_until")  # counts where its own body asserts
SWALLOWED = re.compile(r"except Exception( as \w+)?:\s*\n?\s*pass\b")
FILE_WALL, FILE_AIM = 500, 300
FUNCTION_WALL, FUNCTION_AIM = 70, 40
SHARE_WITHIN_AIM = 0.95


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


def asserts(node: ast.AST, helpers: frozenset[str] = frozenset()) -> bool:
    """An `assert`, a pytest call that fails a test, a browser's `expect(…)`, or a call of one of the helpers."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Assert):
            return True
        if isinstance(inner, ast.Call):
            called = ast.unparse(inner.func)
            if called in JUDGES or called.rpartition(".")[2] in helpers:
                return True
    return False


def test_every_test_asserts_something(sources: list[Any]) -> None:
    functions = [
        (source.name, node) for source in sources if source.name.startswith("tests/") for node in source.functions
    ]
    helpers = frozenset(node.name for _, node in functions if HELPER.match(node.name) and asserts(node))
    silent = [
        f"{name}:{node.lineno} {node.name}"
        for name, node in functions
        if node.name.startswith("test_") and not asserts(node, helpers)
    ]
    assert silent == []


@pytest.mark.parametrize(
    "body", ["assert x", "with pytest.raises(ValueError): x()", "expect(x).to_be_visible()", "x.wait_until(y)"]
)
def test_what_fails_a_test_counts_as_asserting(body: str) -> None:
    assert asserts(ast.parse(body), frozenset({"wait_until"}))


@pytest.mark.parametrize(
    "body", ["expected = x.raises", "benchmark(x)", "x.wait_until(y)", "expect = 1", "print('assert')"]
)
def test_a_name_alone_does_not_count_as_asserting(body: str) -> None:
    assert not asserts(ast.parse(body))


def test_no_child_is_started_with_fork_handlers(sources: list[Any]) -> None:
    """`preexec_fn`, `user=` and `os.fork` run the fork handlers of libraries, in which gRPC was seen to hang."""
    pattern = re.compile(r"\bpreexec_fn=|\bos\.fork\(")
    found = [
        source.name for source in sources if pattern.search(source.text) and not source.name.startswith("tests/tidy")
    ]
    assert found == ["tests/unit/loadtests/processes/test_launch.py"]  # which shows that fork() does call them


def test_no_file_is_longer_than_the_wall_and_few_are_longer_than_the_aim(sources: list[Any]) -> None:
    assert [source.name for source in sources if source.lines > FILE_WALL] == []
    within = sum(source.lines <= FILE_AIM for source in sources)
    assert within >= SHARE_WITHIN_AIM * len(sources)


def test_no_function_is_longer_than_the_wall_and_few_are_longer_than_the_aim(sources: list[Any]) -> None:
    sizes = {
        f"{source.name}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for source in sources
        for node in source.functions
    }
    assert [name for name, size in sizes.items() if size > FUNCTION_WALL] == []
    assert sum(size <= FUNCTION_AIM for size in sizes.values()) >= SHARE_WITHIN_AIM * len(sizes)
