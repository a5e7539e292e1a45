"""A served shop does not grow: `python -m tests.serving_growth --rate 5` is the same for an hour."""

from pathlib import Path

import pytest

from tests.serving_growth import GROWTH_MAX_MIB, Size, growth, measured

TRIGGERS = 3_600


def size(mib: float, descriptors: int = 12) -> Size:
    return Size(triggers=1, seconds=1.0, mib=mib, descriptors=descriptors, threads=1, cpu_s=1.0)


def test_the_first_third_is_left_out() -> None:
    assert growth([size(90), size(96), size(97), size(97), size(97), size(98, 14)]) == (2.0, 2, 0)


@pytest.mark.prove
@pytest.mark.timeout(600)
def test_a_shop_that_is_triggered_thousands_of_times_does_not_grow(tmp_path: Path) -> None:
    mib, descriptors, threads = growth(list(measured(tmp_path, TRIGGERS)))
    assert mib < GROWTH_MAX_MIB / 4, mib
    assert (descriptors, threads) <= (2, 0)
