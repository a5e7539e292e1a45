"""Imports between files run in one direction, and the one name that is installed is the only one that is imported."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any

import pytest

FOLDERS = {"simulator", "scenarios", "loadtests", "reference_service", "reports"}


def module_of(name: str) -> str:
    """`simulator/plan/__init__.py` is `stockstorm.simulator.plan`."""
    return "stockstorm." + name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imported(tree: ast.Module) -> Iterator[str]:
    """Every imported name, with the member: the syntax is the same for modules and for members."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def importable(name: str, modules: set[str]) -> str:
    """The file behind an imported name: the name itself, or what it is a member of."""
    return name if name in modules else name.rpartition(".")[0]


def test_no_files_import_each_other_in_a_circle(sources: list[Any]) -> None:
    files = {module_of(source.name): source for source in sources if source.name.partition("/")[0] in FOLDERS}
    graph = {
        module: {
            target
            for name in imported(source.tree)
            if (target := importable(name, set(files))) in files and target != module
        }
        for module, source in files.items()
    }
    assert sum(map(len, graph.values())) > 1_000
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise AssertionError(" -> ".join(error.args[1])) from None


def test_a_circle_would_be_found() -> None:
    with pytest.raises(CycleError) as found:
        TopologicalSorter({"a": {"b"}, "b": {"c"}, "c": {"a"}}).prepare()
    assert set(found.value.args[1]) == {"a", "b", "c"}


def test_our_packages_are_imported_by_their_installed_name_only(sources: list[Any]) -> None:
    short = [
        f"{source.name}: {name}"
        for source in sources
        for name in imported(source.tree)
        if name.partition(".")[0] in FOLDERS
    ]
    assert short == []
