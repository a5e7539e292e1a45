"""Whether the facts of a file are in order of time, block by block."""

import pytest

from stockstorm.reports.history.time_order import FileOrder
from stockstorm.simulator.history import facts as f


def begun(at_ns: int) -> f.Fact:
    return f.PhaseStarted(at_ns, "load")  # a kind that is always in order


def stopped(at_ns: int) -> f.Fact:
    return f.LoadStopped(at_ns)  # one that this test lets run backwards


@pytest.mark.parametrize(
    ("blocks", "holds", "whole"),
    [
        ([], True, True),
        ([[begun(1), stopped(1)], [], [stopped(2), begun(3)]], True, True),
        ([[begun(2), stopped(1), begun(3)]], True, False),
        ([[begun(2)], [stopped(1)], [begun(2)]], True, False),
        ([[begun(1), begun(3), stopped(5)], [begun(4)]], True, False),
        ([[begun(1), begun(3), stopped(5)], [stopped(6)], [begun(2)]], False, False),
        ([[stopped(5), begun(3), begun(2)]], False, False),
        ([[stopped(2), stopped(1)], [begun(4)], [begun(3)]], False, False),
    ],
)
def test_order_of_the_kinds_that_have_one_and_of_all(blocks: list[list[f.Fact]], holds: bool, whole: bool) -> None:
    order = FileOrder({f.PhaseStarted})
    for block in blocks:
        order.add(block)
    assert (order.holds, order.whole) == (holds, whole)
