"""An emulator that stopped listening is named; a slow one and the real cloud are not suspected."""

import socket

import pytest

from stockstorm.loadtests.backing.cloud import listening
from stockstorm.loadtests.backing.cloud.listening import Listeners
from stockstorm.simulator.errors import BackingError


@pytest.mark.parametrize("pattern", ["http://127.0.0.1:{}", "127.0.0.1:{}"])
def test_an_address_that_refuses_is_the_end_of_its_emulator(pattern: str) -> None:
    now_s = [0.0]
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        name = "AWS_ENDPOINT_URL_SQS" if "http" in pattern else "PUBSUB_EMULATOR_HOST"
        watched = Listeners({name: pattern.format(port), "AWS_REGION": "x"}, lambda: now_s[0])
        now_s[0] += listening.EVERY_S
        watched.check()
    now_s[0] += listening.EVERY_S / 2
    watched.check()  # it is not asked yet
    now_s[0] += listening.EVERY_S
    with pytest.raises(BackingError, match=f"emulator at 127.0.0.1:{port}: nobody listens there any more"):
        watched.check()


def test_bus_and_queue_at_one_address_are_asked_once_and_the_real_cloud_never() -> None:
    both = dict.fromkeys(("AWS_ENDPOINT_URL_SQS", "AWS_ENDPOINT_URL_EVENTBRIDGE"), "http://127.0.0.1:4566")
    assert Listeners(both).addresses == (("127.0.0.1", 4566),)
    assert Listeners({"AWS_ENDPOINT_URL_SQS": "https://queue.example"}).addresses == (("queue.example", 443),)
    assert Listeners({"AWS_REGION": "x"}).addresses == ()


def test_an_unknown_host_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> socket.socket:
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", fails)
    assert not listening._refuses("10.0.0.1", 1)
