"""The load: items are applied and attempts sent when they are due, and answers are handled."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from stockstorm.loadtests.generator.figures import LocustStatistics
from stockstorm.loadtests.generator.load import Attempts, OpenFaults, PlanExecution
from stockstorm.loadtests.ipc.messages import FaultDue
from stockstorm.simulator.clock import WallPair
from stockstorm.simulator.delivery.attempts import Address, Answer, Outgoing
from stockstorm.simulator.delivery.service import DeliveryService, Dispatch, Secrets
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.history.facts import AnyFact, AttemptEnded, DeliveryEnded, DeliveryPlanned, PurchaseAccepted
from stockstorm.simulator.io.dispatcher import Work
from stockstorm.simulator.plan.items import AnyPlanItem, Plan, PlannedFault, PlannedForgery
from stockstorm.simulator.seeds import Seeds
from tests.small_world import SEED, buy, sku, small_catalogue, small_config, small_world

START_NS = 1_000
URI = "http://127.0.0.1:8080/hooks"


class Scheduler:
    """Keeps scheduled work; calls it only when the test says so."""

    def __init__(self) -> None:
        self.scheduled: list[tuple[int, Work]] = []
        self.failures: list[BaseException] = []
        self.stopped = False

    def at(self, due_ns: int, thing: Work) -> None:
        self.scheduled.append((due_ns, thing))

    def feed(self, items: Iterator[tuple[int, Work]]) -> None:
        self.scheduled += items

    def run(self) -> None:
        for due_ns, work in self.scheduled:
            work(due_ns)

    def fail(self, error: BaseException) -> None:
        self.failures.append(error)

    def stop(self) -> None:
        self.stopped = True


class Connections:
    """Keeps submitted attempts."""

    def __init__(self) -> None:
        self.submitted: list[Outgoing] = []
        self.closed: list[float] = []

    def submit(self, outgoing: Outgoing) -> None:
        self.submitted.append(outgoing)

    def close(self, timeout: float) -> int:
        self.closed.append(timeout)
        return 0


class Generator:
    """The parts of the load over a small world, at the time `now_ns`."""

    def __init__(self) -> None:
        self.now_ns = START_NS
        self.facts: list[AnyFact] = []
        self.entries: list[dict[str, Any]] = []
        self.faults_sent: list[FaultDue] = []
        config, self.world = small_config(), small_world()
        payloads = Payloads(small_catalogue(), config.shop, WallPair(0, 0))
        self.deliveries = DeliveryService(
            self.world, payloads, config, Seeds(SEED), Secrets(b"a", b"b"), lambda _: Address("127.0.0.1", 8080, "/")
        )
        self.scheduler, self.connections = Scheduler(), Connections()
        statistics = LocustStatistics(lambda **entry: self.entries.append(entry))
        self.attempts = Attempts(
            lambda: self.now_ns, self.deliveries, self.scheduler, self.connections, self.facts.extend, statistics
        )
        self.faults = OpenFaults(self.faults_sent.append)
        self.execution = PlanExecution(self.world, self.deliveries, self.attempts, self.faults, self.facts.extend)
        self.world.opening(0)
        self.subscription = self.world.subscribe("shopify", "inventory_levels/update", URI, now_ns=0)[0]

    def run(self, *items: AnyPlanItem) -> None:
        plan = Plan("small", SEED, 100, len(items), items)
        self.attempts.run(self.execution.due_items(plan.items, START_NS))

    def kinds(self) -> list[type[AnyFact]]:
        return [type(fact) for fact in self.facts]


@pytest.fixture
def generator() -> Generator:
    return Generator()


def answer(status: int, at_ns: int = START_NS) -> Answer:
    return Answer(at_ns, at_ns, at_ns, at_ns, at_ns, status)


def test_items_are_due_at_their_offsets_from_the_start(generator: Generator) -> None:
    items = (buy(1, "online", (0, 1)), msgspec.structs.replace(buy(2, "online", (0, 1)), offset_ns=70))
    plan = Plan("small", SEED, 100, 2, items)
    assert [due_ns for due_ns, _ in generator.execution.due_items(plan.items, START_NS)] == [START_NS, START_NS + 70]


def test_an_applied_item_is_recorded_and_its_event_delivered(generator: Generator) -> None:
    generator.run(buy(1, "online", (0, 2)))
    (outgoing,) = generator.connections.submitted
    assert (outgoing.attempt, outgoing.due_ns) == (1, START_NS)
    assert generator.kinds().index(PurchaseAccepted) < generator.kinds().index(DeliveryPlanned)


def test_a_delivery_is_due_when_the_plan_wanted_its_event(generator: Generator) -> None:
    plan = Plan("small", SEED, 100, 1, (buy(1, "online", (0, 2)),))
    ((due_ns, work),) = generator.execution.due_items(plan.items, START_NS)
    generator.now_ns = due_ns + 50
    work(generator.now_ns)
    assert [outgoing.due_ns for outgoing in generator.connections.submitted] == [START_NS]


def test_a_change_by_an_api_call_is_delivered_at_once(generator: Generator) -> None:
    changes = generator.world.apply(buy(1, "online", (0, 2)), START_NS)
    generator.execution.changed(changes.facts, changes.events, START_NS)
    assert len(generator.connections.submitted) == 1
    assert PurchaseAccepted in generator.kinds()


def test_an_answer_is_recorded_and_counted(generator: Generator) -> None:
    generator.run(buy(1, "online", (0, 2)))
    generator.attempts.answered(generator.connections.submitted[0], answer(200))
    assert generator.kinds()[-2:] == [AttemptEnded, DeliveryEnded]
    assert [(entry["request_type"], entry["name"]) for entry in generator.entries] == [
        ("ACK", "inventory_levels/update")
    ]
    assert generator.deliveries.pending == 0


def test_a_retry_is_scheduled_and_sent_when_it_is_due(generator: Generator) -> None:
    generator.run(buy(1, "online", (0, 2)))
    generator.scheduler.scheduled.clear()
    generator.attempts.answered(generator.connections.submitted[0], answer(500))
    ((due_ns, work),) = generator.scheduler.scheduled
    assert due_ns > START_NS
    work(due_ns)
    assert [outgoing.attempt for outgoing in generator.connections.submitted] == [1, 2]


def test_a_retry_of_a_delivery_that_ended_meanwhile_is_not_sent(generator: Generator) -> None:
    generator.run(buy(1, "online", (0, 2)))
    generator.scheduler.scheduled.clear()
    first = generator.connections.submitted[0]
    generator.attempts.answered(first, answer(500))
    ((due_ns, work),) = generator.scheduler.scheduled
    generator.deliveries.close(due_ns)
    work(due_ns)
    assert generator.connections.submitted == [first]


def test_a_stopped_load_records_answers_but_sends_no_retries(generator: Generator) -> None:
    generator.run(buy(1, "online", (0, 2)))
    generator.scheduler.scheduled.clear()
    generator.attempts.stop()
    generator.attempts.answered(generator.connections.submitted[0], answer(500))
    assert generator.scheduler.stopped
    assert generator.scheduler.scheduled == []
    assert generator.kinds()[-1] is AttemptEnded


def test_closing_passes_the_time_limit_to_the_connections(generator: Generator) -> None:
    generator.attempts.close(1.0)
    assert generator.connections.closed == [1.0]


def test_an_error_while_an_answer_is_handled_ends_the_run_and_not_the_connection(
    generator: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Dispatch:
        raise ZeroDivisionError("defect")

    generator.run(buy(1, "online", (0, 2)))
    monkeypatch.setattr(generator.deliveries, "answered", broken)
    generator.attempts.answered(generator.connections.submitted[0], answer(200))
    assert [type(error) for error in generator.scheduler.failures] == [ZeroDivisionError]


def test_a_forged_delivery_is_sent_and_changes_nothing(generator: Generator) -> None:
    generator.run(PlannedForgery(0, 1, "unsigned", sku(0)))
    assert len(generator.connections.submitted) == 1
    assert PurchaseAccepted not in generator.kinds()


def test_an_answer_to_what_is_judged_by_effect_is_no_failure_whatever_it_is(generator: Generator) -> None:
    generator.run(PlannedForgery(0, 1, "other_shop", sku(0)), PlannedForgery(0, 2, "unsigned", sku(0)))
    other_shop, unsigned = generator.connections.submitted
    for outgoing, status in ((other_shop, 200), (unsigned, 200)):
        generator.attempts.answered(outgoing, answer(status))
    assert [entry["request_type"] for entry in generator.entries if entry["exception"]] == ["FORGED"]
    assert len(generator.entries) == 1


def test_a_fault_is_open_until_its_process_has_recovered(generator: Generator) -> None:
    generator.run(PlannedFault(0, 1, "kill_worker", 5), PlannedFault(0, 2, "kill_receiver", 7))
    assert generator.faults_sent == [FaultDue("kill_worker", 5), FaultDue("kill_receiver", 7)]
    assert generator.faults.count == 2
    generator.faults.recovered()
    assert generator.faults.count == 1
