"""Fixtures for tests of delivery: an office is a small world with a deliveries over it."""

from collections.abc import Callable

import pytest

from tests.delivery_service import Office, config


@pytest.fixture
def office() -> Office:
    return Office(config())


@pytest.fixture
def make_office() -> Callable[..., Office]:
    return lambda **settings: Office(config(**settings))
