"""`stockstorm regress` finds a receiver that takes 15 % longer, in real runs of half an hour in all."""

from collections import Counter
from pathlib import Path

import pytest

from tests.strangers.regress import changes, in_turns, play


def test_each_way_is_played_as_often_as_wanted_and_in_turns() -> None:
    order = list(in_turns(4, 2))
    assert Counter(order) == {"sound": 4, "busier": 2, "slower": 2}
    assert order[0] == order[1] == "sound"
    assert set(order[2:5]) == {"sound", "busier", "slower"}


@pytest.mark.prove
@pytest.mark.timeout(5_400)
def test_a_slow_down_of_15_percent_is_found_and_nothing_else(tmp_path: Path) -> None:
    for way in in_turns(30, 15):
        play(way, tmp_path)
    found = changes(tmp_path)
    assert found["sound"]["regressed"] == 0, found
    assert found["sound"].total() >= 20
    assert found["busier"] == {"regressed": 11}, found
    assert found["slower"] == {"regressed": 11}, found
