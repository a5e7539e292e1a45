"""Fixtures for tests of one's own service: `pytest --stockstorm subject.toml` (docs/pytest.md).

Every pytest run loads this file where Stockstorm is installed, so it imports nothing of Stockstorm until a fixture is
used. A fixture with a name of a project's own replaces the short name here; the long one stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from stockstorm.testing import Delivery, Played, Shop

SKIPPED = "needs a service: pytest --stockstorm subject.toml (docs/pytest.md)"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("stockstorm", "Stockstorm: a Shopify shop beside your service")
    group.addoption("--stockstorm", metavar="SUBJECT", help="subject file of your service; without it, tests skip")
    group.addoption(
        "--stockstorm-scenario", metavar="NAME", default="smoke", help="scenario whose shop is played (smoke)"
    )
    allow = "host of your service that is not this machine, and may be sent to; may be repeated"
    group.addoption("--stockstorm-allow-host", metavar="HOST", action="append", default=[], help=allow)


@pytest.fixture(scope="session")
def stockstorm_shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A served shop beside the service, for the whole session. Both start on first use."""
    subject = request.config.getoption("--stockstorm")
    if not subject:
        pytest.skip(SKIPPED)
    from stockstorm import StockstormError  # noqa: PLC0415 - only where it is used
    from stockstorm.testing import Shop  # noqa: PLC0415 - the same

    path = request.config.invocation_params.dir / subject
    scenario = request.config.getoption("--stockstorm-scenario")
    allowed = request.config.getoption("--stockstorm-allow-host")
    failure = ""
    try:
        shop = Shop(path, tmp_path_factory.mktemp("stockstorm"), scenario, allowed)
    except StockstormError as error:
        failure = str(error)
    if failure:  # outside of the handler, where pytest would print it twice, as the cause of itself
        pytest.fail(failure, pytrace=False)
    yield shop
    shop.close()


@pytest.fixture(scope="session")
def stockstorm_deliver(stockstorm_shop: Shop) -> Callable[..., list[Delivery]]:
    """Makes something happen in the shop and returns its deliveries: `deliver("orders/create", duplicate=True)`."""
    return stockstorm_shop.deliver


@pytest.fixture(scope="session")
def stockstorm_history(stockstorm_shop: Shop) -> Callable[..., Played]:
    """Runs a scenario against the service: `history, result = history("smoke", seed=1)`."""
    return stockstorm_shop.play


@pytest.fixture(scope="session")
def shop(stockstorm_shop: Shop) -> Shop:
    """The same as stockstorm_shop."""
    return stockstorm_shop


@pytest.fixture(scope="session")
def deliver(stockstorm_deliver: Callable[..., list[Delivery]]) -> Callable[..., list[Delivery]]:
    """The same as stockstorm_deliver."""
    return stockstorm_deliver


@pytest.fixture(scope="session")
def history(stockstorm_history: Callable[..., Played]) -> Callable[..., Played]:
    """The same as stockstorm_history."""
    return stockstorm_history
