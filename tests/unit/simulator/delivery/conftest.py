"""Fixtures for tests of delivery: a small world and the delivery service over it."""

from collections.abc import Callable

import pytest

from tests.delivery_service import DeliverySetup, config


@pytest.fixture
def setup() -> DeliverySetup:
    return DeliverySetup(config())


@pytest.fixture
def make_setup() -> Callable[..., DeliverySetup]:
    return lambda **settings: DeliverySetup(config(**settings))
