"""CPU time of each part of one event: `python -m pytest tests/benchmarks/bench_parts.py`, not part of `make test`.

The comparison with other generators is `compare.py`; these figures say where the time of ours goes.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest

from stockstorm.simulator.delivery.attempts import Address, Answer, Outgoing
from stockstorm.simulator.delivery.service import DeliveryService
from stockstorm.simulator.events.encoding import sign
from stockstorm.simulator.history.facts import AnyFact, AttemptEnded, DeliveryEnded, DeliveryPlanned
from stockstorm.simulator.io.dispatcher import Dispatcher
from stockstorm.simulator.io.journal import Journal
from stockstorm.simulator.io.senders.answer import AnswerReader
from stockstorm.simulator.model import Event
from stockstorm.simulator.plan.items import AnyPlanItem
from stockstorm.simulator.plan.planner import make_plan
from stockstorm.simulator.world import World
from tests.benchmarks.load import SEED, config_for, make_delivery_service
from tests.contract.scripted_server import Server, answer_all
from tests.contract.sending import Sending

URL = "http://127.0.0.1:9/webhooks"
UVICORN = b"HTTP/1.1 200 OK\r\ndate: Tue, 24 Nov 2026 06:24:00 GMT\r\nserver: uvicorn\r\ncontent-length: 0\r\n\r\n"


@pytest.fixture(scope="module")
def items() -> tuple[AnyPlanItem, ...]:
    return make_plan("benchmark", config_for(2_000, 2), SEED).items


@pytest.fixture
def played() -> tuple[World, DeliveryService]:
    return make_delivery_service(URL, config_for(2_000, 2))


def fired(world: World, items: tuple[AnyPlanItem, ...]) -> list[Event]:
    return [event for item in items for event in world.apply(item, item.offset_ns).events]


def per_unit(benchmark: Any, units: int) -> None:
    """Notes the cost of one unit beside the cost of the round."""
    if benchmark.stats is None:  # run once, to see that it works
        return
    benchmark.extra_info["units"] = units
    benchmark.extra_info["us_per_unit"] = round(benchmark.stats.stats.median / units * 1e6, 2)


def test_planning(benchmark: Any) -> None:
    plan = benchmark.pedantic(lambda: make_plan("benchmark", config_for(2_000, 2), SEED), rounds=3)
    per_unit(benchmark, plan.expected_events)
    assert plan.items


def test_the_world_applies_a_plan(benchmark: Any, items: tuple[AnyPlanItem, ...]) -> None:
    def fresh() -> tuple[tuple[World, tuple[AnyPlanItem, ...]], dict[str, Any]]:
        return (make_delivery_service(URL, config_for(2_000, 2))[0], items), {}

    events = benchmark.pedantic(fired, setup=fresh, rounds=3)
    per_unit(benchmark, len(events))
    assert events


def test_the_desk_makes_bodies_heads_and_facts(
    benchmark: Any, played: tuple[World, DeliveryService], items: tuple[AnyPlanItem, ...]
) -> None:
    world, deliveries = played
    events = fired(world, items)
    dispatch = benchmark.pedantic(lambda: deliveries.fire(events, 0), rounds=3)
    per_unit(benchmark, len(events))
    assert len(dispatch.attempts) == len(events)


def test_a_signature_of_2_kilobytes(benchmark: Any) -> None:
    assert benchmark(sign, b"secret", b"x" * 2_048)


def test_an_answer_is_parsed(benchmark: Any) -> None:
    reader = AnswerReader()

    def parse() -> int:
        reader.feed(UVICORN)
        status = reader.status
        reader.next()
        return status

    assert benchmark(parse) == 200


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "history.jsonl.zst", limit=100_000_000) as journal:
        yield journal


def test_the_facts_of_one_event_are_journalled(benchmark: Any, journal: Journal) -> None:
    facts: list[AnyFact] = [
        DeliveryPlanned(10**15, 1, 1, "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043", 1, "orders/create", 10**15),
        AttemptEnded(10**15, 1, 1, 10**15, 10**15, 10**15, 10**15, 10**15, 200, "", False, 2_500),
        DeliveryEnded(10**15, 1, "acknowledged"),
    ]
    benchmark(journal.write, facts)
    assert not journal.overflowed


class Nowhere:
    """A sender that only counts."""

    taken = 0

    def submit(self, outgoing: Outgoing) -> None:
        self.taken += 1


def test_the_dispatcher_passes_on_overdue_items(benchmark: Any) -> None:
    outgoing = Outgoing(1, 1, 0, Address("127.0.0.1", 9, "/"), b"", b"")
    units = 5_000

    def hand_on() -> int:
        sender = Nowhere()
        dispatcher = Dispatcher(time.monotonic_ns, sender)
        for _ in range(units):
            dispatcher.at(0, outgoing)
        dispatcher.at(1, lambda _: dispatcher.stop())
        dispatcher.run()
        return sender.taken

    assert benchmark.pedantic(hand_on, rounds=3) == units
    per_unit(benchmark, units)


def test_attempts_go_there_and_back_over_kept_connections(benchmark: Any) -> None:
    """Server and sender share one event loop here, so this is an upper bound of both."""
    server = Server(answer_all)
    sender = Sending(server.port)

    def there_and_back() -> list[Answer]:
        for _ in range(50):
            sender.submit(20, b"x" * 2_048)
            gevent.sleep(0)
        return sender.wait()

    answers = benchmark.pedantic(there_and_back, rounds=3)
    per_unit(benchmark, 1_000)
    sender.pool.close(1.0)
    server.close()
    assert all(answer.status == 200 for answer in answers)
