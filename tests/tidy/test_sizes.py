"""Limits on the length of files and functions."""

from typing import Any

FILE_WALL, FILE_AIM = 500, 300
FUNCTION_WALL, FUNCTION_AIM = 70, 40
SHARE_WITHIN_AIM = 0.95


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
