"""Faults on evidence: which instants begin one, what is held meanwhile, and how often each occurs."""

from collections.abc import Callable

import gevent
import msgspec
import pytest

from stockstorm.loadtests.generator import evidence as module
from stockstorm.loadtests.generator.evidence import ONE_PROCESS_GAPS, TURN_NS, EvidenceFaults
from stockstorm.loadtests.generator.load import OpenFaults
from stockstorm.loadtests.generator.simulated_shopify import SimulatedApis
from stockstorm.loadtests.ipc.messages import FaultDue, Setup
from stockstorm.scenarios.loader import load
from stockstorm.simulator.api.exchange import ApiReply, ApiRequest
from stockstorm.simulator.api.faults import ApiFaults
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import ApiFaultConfig, FaultConfig, FaultTrigger
from stockstorm.simulator.history.facts import AnyFact, ApiCalled, OrdersShown, StockChanged, StockShown
from stockstorm.simulator.model import OrderKey
from stockstorm.simulator.seeds import Seeds
from tests.admin_calls import ADJUST, PATH, WALL, adjustment, change
from tests.small_world import small_world

CHANGED = StockChanged(1, "SKU-1", 1, 1, 1, -1, 9, "subject_adjust", request=7)
LOAD_NS = 100 * SECOND_NS
SETUP = Setup(msgspec.Raw(b"{}"), admin_token="a", client_secret="b", channel_token="c", channel_secret="d")


class Run:
    """Faults on evidence on a clock of their own."""

    def __init__(self, *faults: FaultConfig) -> None:
        self.now_ns = SECOND_NS
        self.sent: list[FaultDue] = []
        self.open = OpenFaults(self.sent.append)
        self._due: list[Callable[[], None]] = []
        self.faults = EvidenceFaults(faults, self.open, lambda: self.now_ns, lambda _, begin: self._due.append(begin))
        self.faults.start(SECOND_NS, SECOND_NS + LOAD_NS)
        self.now_ns += 10 * SECOND_NS

    def pass_time(self) -> None:
        """What waits for a moment is done."""
        for begin in self._due:
            begin()

    def recover(self, after_s: float = 2.0) -> None:
        """The fault begins, ends, and time passes."""
        self.faults.begun()
        self.open.recovered()
        self.faults.recovered()
        self.now_ns += round(after_s * SECOND_NS)


def fault(on: FaultTrigger, count: int = 2, **other: object) -> FaultConfig:
    return FaultConfig.model_validate({"kind": "kill_worker", "on": on, "at_s": 1.0, "count": count, **other})


def test_an_executed_change_begins_a_fault_that_names_the_call() -> None:
    run = Run(fault("executed", restart_after_s=0.5))
    assert run.faults.executed([]) is False
    assert run.faults.executed([CHANGED]) is True
    assert run.sent == [FaultDue("kill_worker", SECOND_NS // 2, "executed", 7, -1)]


def test_a_subject_of_one_process_has_longer_gaps_in_which_it_learns_again_what_it_sells() -> None:
    run = Run(fault("executed", count=2, every_s=1.0))
    run.faults.start(SECOND_NS, SECOND_NS + LOAD_NS, one_process=True)
    assert run.faults.executed([CHANGED]) is True
    run.recover(ONE_PROCESS_GAPS - 0.1)
    assert run.faults.executed([CHANGED]) is False
    run.now_ns += SECOND_NS
    assert run.faults.executed([CHANGED]) is True


def test_an_acknowledged_new_order_begins_a_fault_that_names_the_delivery() -> None:
    run = Run(fault("acknowledged"))
    for topic in ("inventory_levels/update", "order.cancelled"):
        run.faults.acknowledged(1, topic)
    assert run.sent == []
    run.faults.acknowledged(2, "order.created")
    assert run.sent == [FaultDue("kill_worker", SECOND_NS, "acknowledged", -1, 2)]


def test_orders_that_were_read_begin_a_fault_a_moment_later_and_calls_are_held_at_once() -> None:
    run = Run(fault("fetched"))
    run.faults.fetched([CHANGED, OrdersShown(1, 4, "online", (OrderKey(3),))])
    assert run.faults.hold() is False
    run.faults.fetched([OrdersShown(1, 5, "bazaar", (OrderKey(3),))])
    held = gevent.spawn(run.faults.hold)
    gevent.sleep(0.01)
    assert not held.ready()
    assert run.sent == []
    run.pass_time()
    assert run.sent == [FaultDue("kill_worker", SECOND_NS, "fetched", 5, -1)]
    assert not held.ready()
    run.faults.begun()
    assert held.get(timeout=5) is True


def test_a_page_that_follows_while_a_fault_is_to_begin_begins_no_other() -> None:
    run = Run(fault("fetched"))
    for request in (5, 6):
        run.faults.fetched([OrdersShown(1, request, "bazaar", (OrderKey(3),))])
    run.pass_time()
    assert [due.request for due in run.sent] == [5]


def test_no_other_fault_waits_for_reads_of_a_subject_that_reads_nothing() -> None:
    run = Run(fault("executed", count=3), fault("fetched", count=3))
    for _ in range(3):
        assert run.faults.executed([CHANGED]) is True
        run.recover(1.5)


def test_topics_of_the_scenario_come_in_place_of_new_orders() -> None:
    run = Run(fault("acknowledged", topics=("orders/create",)))
    run.faults.acknowledged(1, "order.created")
    run.faults.acknowledged(2, "orders/create")
    assert [due.delivery for due in run.sent] == [2]


def test_each_occurs_as_often_as_the_scenario_says_and_no_two_at_once() -> None:
    run = Run(fault("executed", count=2))
    assert [run.faults.executed([CHANGED]) for _ in range(2)] == [True, False]  # one is open
    run.recover(0.5)
    assert run.faults.executed([CHANGED]) is False  # every_s has not passed
    run.now_ns += SECOND_NS
    assert run.faults.executed([CHANGED]) is True
    run.recover()
    assert run.faults.executed([CHANGED]) is False
    assert len(run.sent) == 2


def test_none_begins_outside_of_the_load_or_while_another_fault_is_open() -> None:
    run = Run(fault("executed"))
    begin_ns = run.now_ns
    for at_ns in (0, SECOND_NS + SECOND_NS // 2, SECOND_NS + LOAD_NS):
        run.now_ns = at_ns
        assert run.faults.executed([CHANGED]) is False
    run.now_ns = begin_ns
    run.open.begin("kill_database", 1)
    assert run.faults.executed([CHANGED]) is False


def test_a_fault_that_has_occurred_less_often_has_its_turn_but_does_not_block_others_for_ever() -> None:
    run = Run(fault("executed", count=2), fault("acknowledged", count=2))
    assert run.faults.executed([CHANGED]) is True
    run.recover(1.5)
    assert run.faults.executed([CHANGED]) is False
    run.faults.acknowledged(1, "order.created")
    assert [due.on for due in run.sent] == ["executed", "acknowledged"]
    run.recover(1.5)
    assert run.faults.executed([CHANGED]) is True
    run.recover(1.5)
    late = Run(fault("executed", count=2), fault("acknowledged", count=2))
    assert late.faults.executed([CHANGED]) is True
    late.recover(TURN_NS / SECOND_NS)
    assert late.faults.executed([CHANGED]) is True


def test_calls_wait_until_the_fault_has_begun() -> None:
    run = Run(fault("executed"))
    assert run.faults.hold() is False
    run.faults.executed([CHANGED])
    held = gevent.spawn(run.faults.hold)
    gevent.sleep(0.01)
    assert not held.ready()
    run.faults.begun()
    assert held.get(timeout=5) is True
    assert run.faults.hold() is False


def test_calls_do_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HELD_MAX_S", 0.01)
    run = Run(fault("executed"))
    run.faults.executed([CHANGED])
    assert run.faults.hold() is True
    assert run.faults.hold() is False


# -- with the simulated APIs ------------------------------------------------------------------------------------------


class Apis:
    """The Admin API under faults on evidence."""

    def __init__(self, run: Run, faults: ApiFaults | None = None) -> None:
        self.facts: list[AnyFact] = []
        self.run, self.world = run, small_world()
        self.apis = SimulatedApis(
            SETUP, load("smoke"), self.world, WALL, lambda: run.now_ns, self._changed,
            faults=faults, evidence=run.faults,
        )  # fmt: skip

    def _changed(self, facts: list[AnyFact], _events: object, _at_ns: int) -> None:
        self.facts += facts

    def adjust(self, key: str) -> ApiReply:
        body = msgspec.json.encode({"query": ADJUST, "variables": {"key": key, "input": adjustment(change(0, -1))}})
        return self.apis.handle(
            ApiRequest("POST", PATH, "", {"x-shopify-access-token": "a", "content-type": "application/json"}, body)
        )

    def of(self, kind: type[AnyFact]) -> list[AnyFact]:
        return [fact for fact in self.facts if isinstance(fact, kind)]


def test_the_answer_of_the_executed_change_is_withheld_and_has_shown_nothing() -> None:
    run = Run(fault("executed"))
    apis = Apis(run)
    calling = gevent.spawn(apis.adjust, "k")
    gevent.sleep(0.01)
    assert not calling.ready()
    run.faults.begun()
    assert calling.get(timeout=5).dropped
    assert len(apis.of(StockChanged)) == 1
    assert apis.of(StockShown) == []
    (called,) = apis.of(ApiCalled)
    assert isinstance(called, ApiCalled)
    assert (called.injected, called.outcome, called.status) == ("answer_lost", "ok", 0)
    run.recover()
    assert not apis.adjust("k").dropped  # the key replays it


def test_a_slow_call_can_begin_a_fault_like_any_other_that_succeeds() -> None:
    run = Run(fault("executed"))
    slow = ApiFaultConfig(kind="slow", api="admin", seconds=0.001)
    faults = ApiFaults([slow], Seeds(1), 100.0)
    faults.start(run.now_ns)
    apis = Apis(run, faults)
    calling = gevent.spawn(apis.adjust, "k")
    gevent.sleep(0.05)
    assert [due.on for due in run.sent] == ["executed"]
    run.faults.begun()
    assert calling.get(timeout=5).dropped


def test_a_call_that_is_held_after_an_acknowledgement_is_not_executed() -> None:
    run = Run(fault("acknowledged"))
    apis = Apis(run)
    run.faults.acknowledged(3, "order.created")
    calling = gevent.spawn(apis.adjust, "k")
    gevent.sleep(0.01)
    assert not calling.ready()
    run.faults.begun()
    assert calling.get(timeout=5).dropped
    assert apis.of(StockChanged) == []
    (called,) = apis.of(ApiCalled)
    assert isinstance(called, ApiCalled)
    assert (called.injected, called.outcome) == ("dropped", "failed")
