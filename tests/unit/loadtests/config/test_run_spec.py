"""Where a process of this machine reaches the simulated APIs."""

import pytest

from stockstorm.loadtests.config.spec import reachable


@pytest.mark.parametrize(
    ("host", "reached"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),  # noqa: S104 - nothing listens there
        ("::", "[::1]"),
        ("fd00::7", "[fd00::7]"),
        ("172.17.0.1", "172.17.0.1"),
    ],
)
def test_an_address_of_every_interface_is_reached_by_loopback(host: str, reached: str) -> None:
    assert reachable(host) == reached
