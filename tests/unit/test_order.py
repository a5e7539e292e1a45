"""The order of test files."""

from tests.order import in_turns


def test_what_waits_is_spread_among_what_computes_and_the_rest_comes_last() -> None:
    runs = [f"tests/e2e/test_{number}.py" for number in range(4)]
    waits = ["tests/contract/test_a.py", "tests/contract/test_b.py"]
    rest = ["tests/golden/test_g.py", "tests/unit/reports/test_r.py"]
    assert in_turns([*rest, *runs, *waits]) == [runs[0], waits[0], runs[1], runs[2], waits[1], runs[3], *rest]


def test_no_file_is_lost_or_moved_within_its_kind() -> None:
    rest = ["tests/unit/test_b.py", "tests/unit/test_a.py"]
    assert in_turns(rest) == rest
    assert in_turns([]) == []
