"""The largest page of the REST Admin API."""

import pytest

from tests.rest_calls import Rest


def test_a_limit_above_the_largest_page_gives_that_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stockstorm.simulator.api.rest.call.PAGE_MAX", 2)
    assert len(Rest().get("products", limit=300)["products"]) == 2
