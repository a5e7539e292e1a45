"""Plays the simulator's world in virtual time against a modelled subject: a history, and the truth beside it.

The truth is kept while the run goes on, from what the subject knew at each push, and never from the facts.
"""

import heapq
import itertools
import random
from collections.abc import Callable

import msgspec

from stockstorm.simulator.catalogue import make_catalogue
from stockstorm.simulator.clock import MILLISECOND_NS as MS
from stockstorm.simulator.clock import SECOND_NS as S
from stockstorm.simulator.config import WorldConfig
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import Event
from stockstorm.simulator.plan.planner import make_plan
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.world import Changes, World
from tests.modelled.subject import Habits, Knowledge, Subject

START = 1_000 * S
HEARD = frozenset({"inventory_levels/update", "order.created", "order.cancelled", "order.returned"})


class Owed(msgspec.Struct):
    """A movement that made a listing wrong, until the subject's push took it into account."""

    channel: str
    sku: str
    fired_ns: int
    version: int  # of the master, -1 for what happened on a marketplace
    token: str  # of the marketplace's sale, cancellation or return
    reached_ns: int = -1


class Played(msgspec.Struct):
    """What a run left behind."""

    facts: list[f.AnyFact]
    owed: list[Owed]
    lost: set[int]  # events that the flawed subject acknowledged and forgot
    overwrites: int = 0  # pushes of older knowledge than the listing had been given


def play(config: WorldConfig, habits: Habits, seed: int) -> Played:
    """One whole run: load, rest, final reads."""
    return _Run(config, habits, seed).play()


class _Run:
    def __init__(self, config: WorldConfig, habits: Habits, seed: int) -> None:
        self.plan = make_plan("modelled", config, seed)
        seeds = Seeds(seed)
        self.world = World(config, make_catalogue(config, seeds), seeds)
        self.dice = random.Random(seed)
        self.habits = habits
        self.heap: list[tuple[int, int, Callable[[int], None]]] = []
        self.serial, self.deliveries = itertools.count(), itertools.count()
        self.played = Played([], [], set())
        self.subject = Subject(self.world, habits, random.Random(seed + 1), self.at, self.emit)
        self.subject.landed = self.landed
        self.open: dict[tuple[str, str], list[Owed]] = {}
        self.hearing = 0

    def at(self, when: int, what: Callable[[int], None]) -> None:
        heapq.heappush(self.heap, (when, next(self.serial), what))

    def play(self) -> Played:
        tell = self.played.facts.extend
        started = f.RunStarted(
            at_ns=START,
            schema=f.SCHEMA_VERSION,
            run="modelled",
            scenario={},
            seed=self.plan.seed,
            plan_digest="",
            wall_ns=0,
            duration_ns=self.plan.duration_ns,
            safety_stock=self.habits.safety_stock,
            subject="modelled",
            driver="virtual",
            replay="",
            commit="",
            versions={},
            machine={},
        )
        tell([*self.world.opening(START - S), started])
        for item in self.plan.items:
            self.at(START + item.offset_ns, lambda now, item=item: self.emit(self.world.apply(item, now)))  # type: ignore[misc]  # mypy cannot type a lambda's default
        if self.habits.flaw == "accepts_forged":
            self.at(START + S, self._forge)
        self.subject.start(START)
        now = START + max(self.plan.duration_ns, self.plan.items[-1].offset_ns)
        self._until(now)
        tell([f.LoadStopped(now)])
        while self.hearing or not self.subject.idle:
            now += 100 * MS
            self._until(now)
        tell([f.QuietReached(now, True, 0), *self.world.final_facts(now), f.RunEnded(now, True)])
        self.played.overwrites = self.subject.overwrites
        return self.played

    def _until(self, end: int) -> None:
        while self.heap and self.heap[0][0] <= end:
            now, _, what = heapq.heappop(self.heap)
            what(now)

    def emit(self, changes: Changes) -> None:
        self.played.facts.extend(changes.facts)
        for fact in changes.facts:
            self._owe(fact)
        for event in changes.events:
            self._deliver(event)

    # -- deliveries ---------------------------------------------------------------------------------------------------

    def _deliver(self, event: Event) -> None:
        if event.topic not in HEARD:
            self.played.facts.append(f.EventUnheard(event.at_ns, event.event))
            return
        delivery = next(self.deliveries)
        heard = event.at_ns + int(self.dice.uniform(*self.habits.hear_ms) * MS)
        due = heard - 3 * MS if self.habits.delivered_late else event.at_ns
        planned = f.DeliveryPlanned(event.at_ns, delivery, event.event, f"w{delivery}", 1, event.topic, due)
        self.played.facts.append(planned)
        self.hearing += 1
        self.at(due + 3 * MS, lambda now: self._answer(now, delivery, due))
        self.at(heard, lambda _: self._hear(event))

    def _answer(self, now: int, delivery: int, due: int) -> None:
        started = due + 20_000
        attempt = f.AttemptEnded(now, delivery, 1, due, started, started + 10_000, now, due, 200)
        self.played.facts += [attempt, f.DeliveryEnded(now, delivery, "acknowledged")]

    def _hear(self, event: Event) -> None:
        self.hearing -= 1
        if self.habits.flaw == "loses_event" and self.dice.random() < self.habits.flaw_share:
            self.played.lost.add(event.event)
        else:
            self.subject.hear(event)

    def _forge(self, now: int) -> None:
        delivery = next(self.deliveries)
        topic = "inventory_levels/update"
        planned = f.DeliveryPlanned(now, delivery, -1, f"w{delivery}", 1, topic, now, forged="unsigned")
        self.played.facts.append(planned)
        self.at(now + 3 * MS, lambda then: self._answer(then, delivery, now))

    # -- the truth ----------------------------------------------------------------------------------------------------

    def _owe(self, fact: f.AnyFact) -> None:
        """The model's own account of who must hear of a movement; facts serve as the signal that it happened."""
        if isinstance(fact, f.StockChanged) and not fact.cause.startswith("subject"):
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
                self.played.owed.append(owed)
                self.open.setdefault((channel, sku), []).append(owed)

    def landed(self, now: int, channel: str, sku: str, knowledge: Knowledge) -> None:
        still = []
        for owed in self.open.pop((channel, sku), []):
            if owed.version >= 0:
                known = knowledge.version >= owed.version
            else:
                known = self.subject.learnt.get(owed.token, knowledge.serial) < knowledge.serial
            if known:
                owed.reached_ns = now
            else:
                still.append(owed)
        if still:
            self.open[channel, sku] = still
