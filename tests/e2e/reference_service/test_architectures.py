"""One behaviour suite for every architecture: the same trace has the same effects, each once, even after kills.

The trace is available in two ways: the channels' feeds and the master's stock show it to architectures that poll, and
subscribers are notified until they acknowledge.
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
DELIVERED_WITHIN_S = 60.0


class Surroundings(NamedTuple):
    """What an architecture needs besides PostgreSQL. `bus_url`: where the simulated Shopify publishes to the bus."""

    environment: Mapping[str, str]
    bus_url: str = ""


@contextmanager
def only(**settings: str) -> Iterator[Surroundings]:
    yield Surroundings({f"REFERENCE_{name.upper()}": value for name, value in settings.items()})


@contextmanager
def on_a_cloud(name: str) -> Iterator[Surroundings]:
    with open_cloud(SUBJECTS[name], "20261124-smoke-1", EMBEDDED) as given:
        yield Surroundings(given.environment, next(iter(given.routes.values()), ""))


# Add a line for each new architecture.
SURROUNDINGS: dict[str, Callable[[], AbstractContextManager[Surroundings]]] = {
    "polling": lambda: only(poll_interval_s="0.2"),
    "webhook": only,
    "queue-postgres": only,
    **{name: partial(on_a_cloud, name) for name in ("queue-sqs", "queue-pubsub", "bus-eventbridge", "bus-pubsub")},
    "ipaas": lambda: only(flow_interval_s="0.2", flow_step_s="0.01"),
}


class Trace:
    """A sequence of sales, cancellations and returns in the shop and the marketplaces."""

    def __init__(self, service: Any, commerce: Any, name: str) -> None:
        self.service, self.commerce = service, commerce
        self.processes = service.names
        self.polls = name in ("polling", "ipaas")
        self.on_a_bus = name.startswith("bus-")

    def start(self) -> None:
        self.service.start_all()

    def kill(self) -> None:
        for process in self.processes:
            self.service.kill(process)

    def sell_online(self, sku: str, units: int, name: str) -> None:
        """A sale of the shop itself: its level changes, and its webhook is delivered twice."""
        with self.commerce.lock:
            self.commerce.stock[self.commerce.item(sku)] -= units
            left = self.commerce.stock[self.commerce.item(sku)]
        now = time.time_ns()
        for _ in range(2):
            self._deliver(lambda: self.service.stock_webhook(sku, left, at_ns=now, webhook_id=name))

    def notify(self, order_id: str, what: str, lines: dict[str, int], **more: Any) -> None:
        """A marketplace's notification, delivered twice with one id."""
        channel, topic = order_id.partition("-")[0], f"order.{what}"
        rows = [{"sku": sku, "quantity": units, "price": "9.99"} for sku, units in lines.items()]
        order = {"order_id": order_id, "status": "open", "lines": rows, "return": more.get("returned")}
        with self.commerce.lock:
            self.commerce.feeds[channel].append({"id": f"{order_id}.{what}", "topic": topic, "order": order})
        for _ in range(2):
            self._deliver(
                lambda: self.service.order(channel, order_id, topic, lines, webhook_id=f"{order_id}.{what}", **more)
            )

    def shows(self, wanted: dict[str, int]) -> bool:
        """Whether the master and all channels show these quantities."""
        with self.commerce.lock:
            master = {sku: self.commerce.stock[self.commerce.item(sku)] for sku in wanted}
            listings = [{sku: shown.get(sku) for sku in wanted} for shown in self.commerce.listings.values()]
        return master == wanted and all(shown == wanted for shown in listings)

    def _deliver(self, send: Callable[[], httpx.Response]) -> None:
        if self.polls:
            return
        deadline = time.monotonic() + DELIVERED_WITHIN_S
        while True:
            try:
                if send().status_code == 200:
                    return
            except httpx.TransportError:
                pass  # the process is down; it is sent again
            assert time.monotonic() < deadline, "not acknowledged"
            time.sleep(0.05)


FIRST = {"SKU-0000": 97, "SKU-0001": 98, "SKU-0002": 100}
WHOLE = {**FIRST, "SKU-0003": 98, "SKU-0004": 99}


def run_first_half(trace: Trace) -> None:
    trace.sell_online("SKU-0000", 3, "online-1")
    trace.notify("bazaar-1", "created", {"SKU-0001": 2})
    trace.notify("mercado-1", "cancelled", {"SKU-0002": 5})
    trace.notify("mercado-1", "created", {"SKU-0002": 5})


def run_second_half(trace: Trace) -> None:
    returned = {"return_id": "r1", "restock": True, "lines": [{"sku": "SKU-0003", "quantity": 1}]}
    trace.notify("bazaar-2", "created", {"SKU-0003": 3})
    trace.notify("mercado-2", "created", {"SKU-0004": 4})
    trace.notify("bazaar-2", "returned", {"SKU-0003": 3}, returned=returned)
    trace.notify("mercado-2", "cancelled", {"SKU-0004": 4})
    trace.notify("mercado-3", "created", {"SKU-0004": 1})


def assert_each_was_written_once(commerce: Any) -> None:
    tokens = commerce.tokens()
    assert len(tokens) == len(set(tokens)), tokens
    netted = {"mercado:mercado-2", "mercado:mercado-2:cancelled"}  # both are written to the master, or neither
    assert netted & set(tokens) in (set(), netted)
    others = {"bazaar:bazaar-1", "bazaar:bazaar-2", "bazaar:bazaar-2:returned:r1", "mercado:mercado-3"}
    assert set(tokens) - netted == others


@pytest.fixture(params=sorted(SURROUNDINGS))
def trace(request: pytest.FixtureRequest, make_service: Make, commerce: Any) -> Iterator[Trace]:
    with SURROUNDINGS[request.param]() as around:
        service = make_service(environment=around.environment, architecture=request.param)
        if around.bus_url:
            service.post = lambda _path, raw, headers: service.http.post(around.bus_url, content=raw, headers=headers)
        yield Trace(service, commerce, request.param)
        service.close()


def test_every_architecture_is_in_this_suite() -> None:
    assert sorted(SURROUNDINGS) == sorted(ARCHITECTURES)


def test_the_trace_has_the_same_effects_each_once(trace: Trace, commerce: Any) -> None:
    trace.start()
    run_first_half(trace)
    run_second_half(trace)
    trace.service.wait_until(lambda: trace.shows(WHOLE), "master and channels are right")
    time.sleep(0.5)  # time for a second, wrong application
    assert trace.shows(WHOLE)
    assert_each_was_written_once(commerce)
    if trace.polls:
        assert commerce.topics == []
        assert commerce.notified == {}
    known = {row["sku"]: row["available"] for row in trace.service.probe("stock", trace.service.worker_url)}
    assert {sku: known[sku] for sku in WHOLE} == WHOLE
    states = {row["state"] for row in trace.service.probe("effects", trace.service.worker_url)}
    assert states <= {"applied", "superseded"}
    assert trace.service.probe("dead-letters", trace.service.worker_url) == []


def test_a_kill_of_every_process_during_the_trace_loses_and_doubles_nothing(trace: Trace, commerce: Any) -> None:
    trace.start()
    commerce.hangs.set()  # the master executes and does not answer
    run_first_half(trace)
    trace.service.wait_until(lambda: len(commerce.adjustments) == 1, "the first adjustment is executed")
    trace.kill()
    commerce.hangs.clear()
    if RECEIVER in trace.processes:
        trace.service.start(RECEIVER)
        run_second_half(trace)
        trace.service.kill(RECEIVER)
        trace.start()
    elif trace.polls or trace.on_a_bus:
        run_second_half(trace)
        trace.start()
    else:
        trace.start()
        run_second_half(trace)
    trace.service.wait_until(lambda: trace.shows(WHOLE), "master and channels are right")
    assert_each_was_written_once(commerce)
