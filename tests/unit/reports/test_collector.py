"""The garbage collector's pause."""

import gc

import pytest

from stockstorm.reports.collector import collector_paused


def test_the_collector_runs_again_after_an_error() -> None:
    states: list[bool] = []

    def failing() -> None:
        with collector_paused():
            states.append(gc.isenabled())
            raise LookupError

    with pytest.raises(LookupError):
        failing()
    assert states == [False]
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with collector_paused(), collector_paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_was_built_in_the_pause_is_not_searched_after_it() -> None:
    with collector_paused():
        built = [[number] for number in range(1_000)]
    assert any(each is built[-1] for each in gc.get_objects(generation=2))
