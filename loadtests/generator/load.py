"""The load: plan items are applied when they are due, attempts are sent when they are due, answers are handled.

The simulated Shopify makes every decision. This file moves values between it, the sender and the record, in one process
without locks.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Protocol

from stockstorm.loadtests.ipc.messages import FaultDue
from stockstorm.simulator.clock import Clock
from stockstorm.simulator.config import FaultKind, FaultTrigger
from stockstorm.simulator.delivery.attempts import Answer, Outgoing
from stockstorm.simulator.delivery.forgery import JUDGED_BY_EFFECT
from stockstorm.simulator.delivery.poison import POISON
from stockstorm.simulator.delivery.service import DeliveryService, Dispatch
from stockstorm.simulator.history.facts import AnyFact
from stockstorm.simulator.io.dispatcher import Work
from stockstorm.simulator.model import Event
from stockstorm.simulator.plan.items import AnyPlanItem, PlannedFault, PlannedForgery, PlannedLife, PlannedPoison
from stockstorm.simulator.world import World

Record = Callable[[list[AnyFact]], None]
Installed = Callable[[], None]  # the merchant has installed the app again
Acknowledged = Callable[[int, str], None]  # a delivery and its topic


class Scheduler(Protocol):
    """Calls work when it is due. `simulator.io.dispatcher.Dispatcher` in a run."""

    def at(self, due_ns: int, thing: Work) -> None: ...
    def feed(self, items: Iterator[tuple[int, Work]]) -> None: ...
    def run(self) -> None: ...
    def fail(self, error: BaseException) -> None: ...
    def stop(self) -> None: ...


class Statistics(Protocol):
    """Counts answers. `generator.figures.LocustStatistics` in a run."""

    def answered(self, topic: str, forged: bool, answer: Answer, due_ns: int) -> None: ...


class Connections(Protocol):
    """Sends attempts. `simulator.io.senders.pool.ConnectionPool` in a run."""

    def submit(self, outgoing: Outgoing) -> None: ...
    def close(self, timeout: float) -> int: ...


class Attempts:
    """Sends attempts when they are due and returns their answers to the delivery service."""

    def __init__(
        self,
        clock: Clock,
        deliveries: DeliveryService,
        scheduler: Scheduler,
        connections: Connections,
        record: Record,
        statistics: Statistics,
        acknowledged: Acknowledged | None = None,
    ) -> None:
        self._clock, self._deliveries = clock, deliveries
        self._scheduler, self._connections = scheduler, connections
        self._record, self._statistics = record, statistics
        self._acknowledged = acknowledged
        self._stopped = False

    def run(self, items: Iterator[tuple[int, Work]]) -> None:
        """Does the work of `items` and sends attempts until `stop`. Raises what one of them raised."""
        self._scheduler.feed(items)
        self._scheduler.run()

    def stop(self) -> None:
        """Starts no more attempts. Answers to those in flight are still recorded."""
        self._stopped = True
        self._scheduler.stop()

    def close(self, timeout_s: float) -> None:
        """Closes every connection, after at most `timeout_s` for answers in flight. `stop` comes first."""
        self._connections.close(timeout_s)

    def dispatch(self, dispatch: Dispatch) -> None:
        """Records the facts and sends the attempts, each when it is due."""
        if dispatch.facts:
            self._record(dispatch.facts)
        if self._stopped:
            return
        now_ns = self._clock()
        for outgoing in dispatch.attempts:
            if outgoing.due_ns <= now_ns:
                self._connections.submit(outgoing)
            else:
                self._scheduler.at(outgoing.due_ns, partial(self._submit, outgoing))

    def answered(self, outgoing: Outgoing, answer: Answer) -> None:
        """Handles an answer. Never raises, because connections call it: an error ends `run` instead."""
        try:
            topic, forged = self._deliveries.described(outgoing)
            if forged not in JUDGED_BY_EFFECT and forged not in POISON:  # no answer to those is a failure
                self._statistics.answered(topic, bool(forged), answer, outgoing.due_ns)
            taken = outgoing.attempt == 1 and 200 <= answer.status < 300 and not answer.error and not forged
            if taken and self._acknowledged is not None:
                self._acknowledged(outgoing.delivery, topic)
            self.dispatch(self._deliveries.answered(outgoing, answer))
        except Exception as error:  # noqa: BLE001 - see the docstring
            self._scheduler.fail(error)

    def _submit(self, outgoing: Outgoing, _: int) -> None:
        if self._deliveries.wanted(outgoing):
            self._connections.submit(outgoing)


class OpenFaults:
    """The plan's faults that began and whose process is not ready again. The orchestrator applies them."""

    def __init__(self, send: Callable[[FaultDue], None]) -> None:
        self._send = send
        self.count = 0

    def begin(
        self, kind: FaultKind, duration_ns: int, *, on: FaultTrigger = "time", request: int = -1, delivery: int = -1
    ) -> None:
        self.count += 1
        self._send(FaultDue(kind=kind, duration_ns=duration_ns, on=on, request=request, delivery=delivery))

    def recovered(self) -> None:
        """One killed process runs again and is ready."""
        self.count -= 1


class PlanExecution:
    """Applies plan items to the world, and turns every change of the world into facts and deliveries."""

    def __init__(
        self,
        world: World,
        deliveries: DeliveryService,
        attempts: Attempts,
        faults: OpenFaults,
        record: Record,
        installed: Installed = lambda: None,
    ) -> None:
        self._world, self._deliveries = world, deliveries
        self._attempts, self._faults, self._record = attempts, faults, record
        self._installed = installed

    def due_items(self, items: Iterable[AnyPlanItem], start_ns: int) -> Iterator[tuple[int, Work]]:
        """Each plan item as (due time, work), sorted by due time."""
        for item in items:
            due_ns = start_ns + item.offset_ns
            yield due_ns, partial(self._apply, item, due_ns)

    def changed(self, facts: list[AnyFact], events: list[Event], now_ns: int, due_ns: int | None = None) -> None:
        """Records a change of the world and delivers its events.

        `due_ns` is the planned time of the change; None for a change by an API call of the subject.
        """
        if facts:
            self._record(facts)
        if events:
            self._attempts.dispatch(self._deliveries.fire(events, now_ns, due_ns))

    def _apply(self, item: AnyPlanItem, due_ns: int, now_ns: int) -> None:
        match item:
            case PlannedFault():
                self._faults.begin(item.kind, item.duration_ns)
            case PlannedForgery() | PlannedPoison():
                self._attempts.dispatch(self._deliveries.forge(item, now_ns))
            case PlannedLife():
                changes = self._world.apply(item, now_ns)
                self.changed(changes.facts, changes.events, now_ns, due_ns + item.after_ns)
                self._attempts.dispatch(self._deliveries.live(item, now_ns))
                if item.change == "reinstall":
                    self._installed()
            case _:
                changes = self._world.apply(item, now_ns)
                self.changed(changes.facts, changes.events, now_ns, due_ns)
