"""One behaviour suite over every architecture: the same little trace, the same effects, each once, whatever is killed.

The trace is told in both ways at once: the channels' feeds and the master's stock show it to whoever asks, and whoever
has subscribed is notified, again and again until it acknowledges.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, NamedTuple

import httpx
import pytest

from stockstorm.loadtests.backing.cloud.base import EMBEDDED
from stockstorm.loadtests.orchestrator.cloud import open_cloud
from stockstorm.loadtests.subjects.architectures import ARCHITECTURES as SUBJECTS
from stockstorm.reference_service.architectures import ARCHITECTURES
from stockstorm.reference_service.wiring import RECEIVER

pytestmark = pytest.mark.e2e
Make = Callable[..., Any]
TOLD_WITHIN_S = 20.0


class Surroundings(NamedTuple):
    """What an architecture needs besides PostgreSQL. `bus_url`: where Shopify's side of a bus is played."""

    environment: Mapping[str, str]
    bus_url: str = ""


@contextmanager
def only(**settings: str) -> Iterator[Surroundings]:
    yield Surroundings({f"REFERENCE_{name.upper()}": value for name, value in settings.items()})


@contextmanager
def on_a_cloud(name: str) -> Iterator[Surroundings]:
    with open_cloud(SUBJECTS[name], "20261124-smoke-1", EMBEDDED) as given:
        yield Surroundings(given.environment, next(iter(given.routes.values()), ""))


# One line for each architecture.
SURROUNDINGS: dict[str, Callable[[], AbstractContextManager[Surroundings]]] = {
    "polling": lambda: only(poll_interval_s="0.2"),
    "webhook": only,
    "queue-postgres": only,
    **{name: partial(on_a_cloud, name) for name in ("queue-sqs", "queue-pubsub", "bus-eventbridge", "bus-pubsub")},
    "ipaas": lambda: only(flow_interval_s="0.2", flow_step_s="0.01"),
}


class Play:
    """The shop and the marketplaces while they live through the trace."""

    def __init__(self, service: Any, commerce: Any, name: str) -> None:
        self.service, self.commerce = service, commerce
        self.processes = service.names
        self.asks = name in ("polling", "ipaas")
        self.on_a_bus = name.startswith("bus-")

    def start(self) -> None:
        self.service.start_all()

    def kill(self) -> None:
        for process in self.processes:
            self.service.kill(process)

    def sell_online(self, sku: str, units: int, name: str) -> None:
        """The master's own sale: its level changes, and its webhook may come twice."""
        with self.commerce.lock:
            self.commerce.stock[self.commerce.item(sku)] -= units
            left = self.commerce.stock[self.commerce.item(sku)]
        now = time.time_ns()
        for _ in range(2):
            self._tell(lambda: self.service.stock_webhook(sku, left, at_ns=now, webhook_id=name))

    def notify(self, order_id: str, what: str, lines: dict[str, int], **more: Any) -> None:
        """A marketplace's notification, told twice under one id."""
        channel, topic = order_id.partition("-")[0], f"order.{what}"
        rows = [{"sku": sku, "quantity": units, "price": "9.99"} for sku, units in lines.items()]
        order = {"order_id": order_id, "status": "open", "lines": rows, "return": more.get("returned")}
        with self.commerce.lock:
            self.commerce.feeds[channel].append({"id": f"{order_id}.{what}", "topic": topic, "order": order})
        for _ in range(2):
            self._tell(
                lambda: self.service.order(channel, order_id, topic, lines, webhook_id=f"{order_id}.{what}", **more)
            )

    def shows(self, wanted: dict[str, int]) -> bool:
        """Whether master and channels all show these quantities."""
        with self.commerce.lock:
            master = {sku: self.commerce.stock[self.commerce.item(sku)] for sku in wanted}
            listings = [{sku: shown.get(sku) for sku in wanted} for shown in self.commerce.listings.values()]
        return master == wanted and all(shown == wanted for shown in listings)

    def _tell(self, send: Callable[[], httpx.Response]) -> None:
        if self.asks:
            return
        deadline = time.monotonic() + TOLD_WITHIN_S
        while True:
            try:
                if send().status_code == 200:
                    return
            except httpx.TransportError:
                pass  # nobody is there; it is sent again
            assert time.monotonic() < deadline, "nobody acknowledged"
            time.sleep(0.05)


FIRST = {"SKU-0000": 97, "SKU-0001": 98, "SKU-0002": 100}
WHOLE = {**FIRST, "SKU-0003": 98, "SKU-0004": 99}


def play_first_half(play: Play) -> None:
    play.sell_online("SKU-0000", 3, "online-1")
    play.notify("bazaar-1", "created", {"SKU-0001": 2})
    play.notify("mercado-1", "cancelled", {"SKU-0002": 5})
    play.notify("mercado-1", "created", {"SKU-0002": 5})


def play_second_half(play: Play) -> None:
    returned = {"return_id": "r1", "restock": True, "lines": [{"sku": "SKU-0003", "quantity": 1}]}
    play.notify("bazaar-2", "created", {"SKU-0003": 3})
    play.notify("mercado-2", "created", {"SKU-0004": 4})
    play.notify("bazaar-2", "returned", {"SKU-0003": 3}, returned=returned)
    play.notify("mercado-2", "cancelled", {"SKU-0004": 4})
    play.notify("mercado-3", "created", {"SKU-0004": 1})


def assert_each_was_written_once(commerce: Any) -> None:
    tokens = commerce.tokens()
    assert len(tokens) == len(set(tokens)), tokens
    netted = {"mercado:mercado-2", "mercado:mercado-2:cancelled"}  # both are told to the master, or neither
    assert netted & set(tokens) in (set(), netted)
    others = {"bazaar:bazaar-1", "bazaar:bazaar-2", "bazaar:bazaar-2:returned:r1", "mercado:mercado-3"}
    assert set(tokens) - netted == others


@pytest.fixture(params=sorted(SURROUNDINGS))
def play(request: pytest.FixtureRequest, make_service: Make, commerce: Any) -> Iterator[Play]:
    with SURROUNDINGS[request.param]() as around:
        service = make_service(environment=around.environment, architecture=request.param)
        if around.bus_url:
            service.post = lambda _path, raw, headers: service.http.post(around.bus_url, content=raw, headers=headers)
        yield Play(service, commerce, request.param)
        service.close()


def test_every_architecture_is_in_this_suite() -> None:
    assert sorted(SURROUNDINGS) == sorted(ARCHITECTURES)


def test_the_trace_has_the_same_effects_each_once(play: Play, commerce: Any) -> None:
    play.start()
    play_first_half(play)
    play_second_half(play)
    play.service.wait_until(lambda: play.shows(WHOLE), "master and channels are right", 20)
    time.sleep(0.5)  # whatever would be applied twice would be by now
    assert play.shows(WHOLE)
    assert_each_was_written_once(commerce)
    if play.asks:
        assert commerce.topics == []
        assert commerce.notified == {}
    known = {row["sku"]: row["available"] for row in play.service.probe("stock", play.service.worker_url)}
    assert {sku: known[sku] for sku in WHOLE} == WHOLE
    states = {row["state"] for row in play.service.probe("effects", play.service.worker_url)}
    assert states <= {"applied", "superseded"}
    assert play.service.probe("dead-letters", play.service.worker_url) == []


def test_a_kill_of_every_process_in_mid_trace_loses_nothing_and_doubles_nothing(play: Play, commerce: Any) -> None:
    play.start()
    commerce.hangs.set()  # the master executes, and the answer never comes
    play_first_half(play)
    play.service.wait_until(lambda: len(commerce.adjustments) == 1, "the first adjustment is executed", 20)
    play.kill()
    commerce.hangs.clear()
    if RECEIVER in play.processes:
        play.service.start(RECEIVER)
        play_second_half(play)
        play.service.kill(RECEIVER)
        play.start()
    elif play.asks or play.on_a_bus:
        play_second_half(play)
        play.start()
    else:
        play.start()
        play_second_half(play)
    play.service.wait_until(lambda: play.shows(WHOLE), "master and channels are right", 20)
    assert_each_was_written_once(commerce)
