"""Runs the simulator's world in virtual time against a modelled subject. Yields a history and the true latencies.

The truth is collected during the run, from what the subject knew at each push, and never from the facts.
"""

import heapq
import itertools
import random
from collections.abc import Callable, Mapping

import msgspec

from stockstorm.simulator.catalogue import make_catalogue
from stockstorm.simulator.clock import MILLISECOND_NS as MS
from stockstorm.simulator.clock import SECOND_NS as S
from stockstorm.simulator.config import WorldConfig
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import Event, Topic
from stockstorm.simulator.plan.planner import make_plan
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.world import Changes, World
from tests.modelled.places import PlacesSubject
from tests.modelled.setter import SettingSubject
from tests.modelled.subject import Behaviour, Flaw, Knowledge, Planted, Subject

START = 1_000 * S
LOSSES: Mapping[Flaw, str] = {  # flaw -> topic that it loses
    "loses_order": "order.created",
    "ignores_cancellation": "order.cancelled",
    "ignores_return": "order.returned",
}
RECEIVED = frozenset({"inventory_levels/update", "order.created", "order.cancelled", "order.returned"})


class Owed(msgspec.Struct):
    """A movement that made a listing wrong, until a push of the subject included it."""

    channel: str
    sku: str
    fired_ns: int
    version: int  # of the master; -1 for a movement on a marketplace
    token: str  # of the marketplace's sale, cancellation or return
    reached_ns: int = -1


class ModelledRun(msgspec.Struct):
    """The result of one run."""

    facts: list[f.AnyFact]
    owed: list[Owed]
    lost: set[int]  # events that the flawed subject acknowledged and dropped
    planted: list[Planted] = []  # flaws where they happened
    overwrites: int = 0  # pushes of older knowledge than an earlier push had


def run_model(config: WorldConfig, behaviour: Behaviour, seed: int) -> ModelledRun:
    """One complete run: load, quiesce, final reads."""
    return Run(config, behaviour, seed).run()


class Run:
    def __init__(self, config: WorldConfig, behaviour: Behaviour, seed: int) -> None:
        self.plan = make_plan("modelled", config, seed)
        seeds = Seeds(seed)
        self.world = World(config, make_catalogue(config, seeds), seeds)
        self.rng = random.Random(seed)
        self.behaviour = behaviour
        self.heap: list[tuple[int, int, Callable[[int], None]]] = []
        self.serial, self.deliveries = itertools.count(), itertools.count()
        self.result = ModelledRun([], [], set())
        self.stops: list[tuple[int, int]] = []  # when the subject does nothing, in ns; then it does what was due
        kind = {"adjust": Subject, "set": SettingSubject, "adjust_places": PlacesSubject}[behaviour.writes]
        self.subject = kind(self.world, behaviour, random.Random(seed + 1), self.at_subject, self.emit)
        self.subject.on_push = self.on_push
        self.open: dict[tuple[str, str], list[Owed]] = {}
        self.undelivered = 0
        self.left_alone = set[int]()  # events that the subject takes and does nothing with

    def at(self, when: int, what: Callable[[int], None]) -> None:
        heapq.heappush(self.heap, (when, next(self.serial), what))

    def at_subject(self, when: int, what: Callable[[int], None]) -> None:
        """The same for something that the subject does."""

        def do(now: int) -> None:
            ends = [last for first, last in self.stops if first <= now < last]
            if ends:
                self.at(ends[0], do)
            else:
                what(now)

        self.at(when, do)

    def run(self) -> ModelledRun:
        record = self.result.facts.extend
        started = f.RunStarted(
            at_ns=START,
            schema=f.SCHEMA_VERSION,
            run="modelled",
            scenario={},
            seed=self.plan.seed,
            plan_digest="modelled",
            wall_ns=0,
            duration_ns=self.plan.duration_ns,
            safety_stock=self.behaviour.safety_stock,
            lists_less=self.behaviour.lists != "all" and self.behaviour.declared,
            subject="modelled",
            driver="virtual",
            replay="",
            commit="",
            versions={},
            machine={},
        )
        subscription = f.SubscriptionCreated(START - S, 1, "shopify", "inventory_levels/update", "http://modelled")
        record([*self.world.opening(START - S), subscription, started])
        for item in self.plan.items:
            self.at(START + item.offset_ns, lambda now, item=item: self.emit(self.world.apply(item, now)))  # type: ignore[misc]  # mypy cannot type a lambda's default
        if self.behaviour.flaw == "accepts_forged":
            self.at(START + S, self._forge)
        self.subject.start(START)
        now = START + max(self.plan.duration_ns, self.plan.items[-1].offset_ns)
        self.until(now)
        record([f.LoadStopped(now)])
        quiet = self.rest(now)
        now = quiet.at_ns
        record([quiet, *self.world.final_facts(now), *self.probed(now), f.RunEnded(now, True)])
        self.result.planted = self.subject.planted
        self.result.overwrites = self.subject.overwrites
        return self.result

    def probed(self, now: int) -> list[f.AnyFact]:
        """What the subject reports of every webhook that it acknowledged and did not lose."""
        if not self.behaviour.probe:
            return []
        planned = [fact for fact in self.result.facts if isinstance(fact, f.DeliveryPlanned)]
        known = [fact.webhook_id for fact in planned if fact.event not in self.result.lost]
        return [*(f.EffectProbed(now, webhook, "applied", 1) for webhook in known), f.ProbeEnded(now, "effects", True)]

    def rest(self, now: int) -> f.QuietReached:
        """Waits until nothing is pending, as only the model knows."""
        while self.undelivered or not self.subject.idle:
            now += 100 * MS
            self.until(now)
        return f.QuietReached(now, True, 0)

    def until(self, end: int) -> None:
        while self.heap and self.heap[0][0] <= end:
            now, _, what = heapq.heappop(self.heap)
            what(now)

    def emit(self, changes: Changes) -> None:
        self.result.facts.extend(changes.facts)
        for fact in changes.facts:
            self._owe(fact)
        told = {event.topic for event in changes.events}
        for event in changes.events:
            if event.topic == "inventory_levels/update" and self._is_left_alone(told):
                self.left_alone.add(event.event)
            self._deliver(event)

    def _is_left_alone(self, told: set[Topic]) -> bool:
        """Whether the subject does nothing with the levels of an action that has these topics."""
        by = self.behaviour.cancelled_by
        if self.behaviour.flaw == "ignores_edits" and "orders/edited" in told:
            return True
        return by != "levels" and "orders/cancelled" in told and by in told

    # -- deliveries ---------------------------------------------------------------------------------------------------

    def _deliver(self, event: Event) -> None:
        if event.topic not in (*RECEIVED, self.behaviour.cancelled_by):
            self.result.facts.append(f.EventUnheard(event.at_ns, event.event))
            return
        delivery = next(self.deliveries)
        received = event.at_ns + int(self.rng.uniform(*self.behaviour.receive_ms) * MS)
        due = received - 3 * MS if self.behaviour.delivered_late else event.at_ns
        planned = f.DeliveryPlanned(event.at_ns, delivery, event.event, f"w{delivery}", 1, event.topic, due)
        self.result.facts.append(planned)
        self.undelivered += 1
        self.at(due + 3 * MS, lambda now: self._answer(now, delivery, due))
        self.at_subject(received, lambda _: self._receive(event))

    def _answer(self, now: int, delivery: int, due: int) -> None:
        started = due + 20_000
        attempt = f.AttemptEnded(now, delivery, 1, due, started, started + 10_000, now, due, 200)
        self.result.facts += [attempt, f.DeliveryEnded(now, delivery, "acknowledged")]

    def _receive(self, event: Event) -> None:
        self.undelivered -= 1
        flaw = self.behaviour.flaw
        if event.event in self.left_alone:
            if flaw == "ignores_edits":
                self.result.lost.add(event.event)
            return
        loses = flaw == "loses_event" or LOSSES.get(flaw) == event.topic
        if loses and self.rng.random() < self.behaviour.flaw_share:
            self.result.lost.add(event.event)
        else:
            self.subject.receive(event)

    def _forge(self, now: int) -> None:
        delivery = next(self.deliveries)
        topic = "inventory_levels/update"
        planned = f.DeliveryPlanned(now, delivery, -1, f"w{delivery}", 1, topic, now, forged="unsigned")
        self.result.facts.append(planned)
        self.at(now + 3 * MS, lambda then: self._answer(then, delivery, now))

    # -- the truth ----------------------------------------------------------------------------------------------------

    def _owe(self, fact: f.AnyFact) -> None:
        """The model's own record of the listings that owe a push. Facts only signal that a movement happened."""
        if isinstance(fact, f.StockChanged) and fact.cause != "transfer" and not fact.cause.startswith("subject"):
            self._open(fact.at_ns, "", fact.sku, fact.version, "")
        elif isinstance(fact, f.PurchaseAccepted) and fact.channel != "online":
            self._open_all(fact, f"{fact.channel}:{fact.ref}")
        elif isinstance(fact, f.OrderCancelled) and fact.channel != "online":
            self._open_all(fact, f"{fact.channel}:{fact.ref}:cancelled")
        elif isinstance(fact, f.OrderReturned) and fact.channel != "online" and fact.restocked:
            self._open_all(fact, f"{fact.channel}:{fact.ref}:returned:{fact.return_id}")

    def _open_all(self, fact: f.PurchaseAccepted | f.OrderCancelled | f.OrderReturned, token: str) -> None:
        for sku in fact.skus:
            self._open(fact.at_ns, fact.channel, sku, -1, token)

    def _open(self, now: int, source: str, sku: str, version: int, token: str) -> None:
        for channel in self.world.marketplaces:
            if channel != source:
                owed = Owed(channel, sku, now, version, token)
                self.result.owed.append(owed)
                self.open.setdefault((channel, sku), []).append(owed)

    def on_push(self, now: int, channel: str, sku: str, knowledge: Knowledge) -> None:
        still = []
        for owed in self.open.pop((channel, sku), []):
            if owed.version >= 0:
                known = knowledge.version >= owed.version
            else:
                known = self.subject.learned.get(owed.token, knowledge.serial) < knowledge.serial
            if known:
                owed.reached_ns = now
            else:
                still.append(owed)
        if still:
            self.open[channel, sku] = still
