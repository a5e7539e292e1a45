"""A shop in which orders come every 50 ms, and a subject that records each of them as often as a test wants."""

import random
from collections.abc import Callable

from stockstorm.reports.diagnosis import diagnose
from stockstorm.reports.history import History
from stockstorm.reports.result import Diagnosis
from stockstorm.reports.verdict.judge import judge
from stockstorm.simulator.config import DeliveryMark
from stockstorm.simulator.history import facts as f
from tests.literal_history import START, ns, started

SKUS = tuple(f"SKU-{number}" for number in range(1, 9))
CHANNELS = ("bazaar", "mercado")
AVAILABLE = 1_000
STEP_MS = 50.0
Lines = tuple[tuple[str, int], ...]


class Change:
    """One order, cancellation or return of a marketplace, as a test decides about it. `part`: which return, from 0."""

    def __init__(self, kind: str, order: int, channel: str, lines: Lines, part: int = 0) -> None:
        self.kind, self.order, self.channel, self.lines = kind, order, channel, lines
        self.return_id = 1 + order + 1000 * part
        self.copies = 0

    @property
    def twice(self) -> bool:
        """Whether one SKU is on two lines."""
        skus = [sku for sku, _ in self.lines]
        return len(set(skus)) < len(skus)


Times = Callable[[Change], int]  # how often the subject records it
Answer = Callable[[Change], int]  # the status that it is answered
Counts = Callable[[Change], Lines]  # the lines that the subject takes it for


class Shop:
    """`named`: the subject names orders in its adjustments."""

    def __init__(
        self,
        times: Times = lambda _: 1,
        *,
        named: bool = True,
        answer: Answer = lambda _: 200,
        counts: Counts = lambda one: one.lines,
        orders: int = 120,
        step_ms: Callable[[int], float] = lambda _: STEP_MS,
        ref: Callable[[Change], str] = lambda one: f"{one.channel}-{1001 + one.order}",
    ) -> None:
        self.ref = ref
        self.times, self.named, self.answer, self.counts = times, named, answer, counts
        self.step_ms = step_ms  # by the number of the event: the time before it
        self.dice = random.Random(7)
        self.facts: list[f.AnyFact] = [
            f.ItemStocked(START - 1, sku, 2**53 + 2 * place + 1, 7, AVAILABLE, 500, hot=False)
            for place, sku in enumerate(SKUS)
        ]
        self.facts += [f.ChannelOpened(START - 1, name, online=name == "online") for name in ("online", *CHANNELS)]
        self.facts.append(started())
        self.facts += [f.SubscriptionCreated(START, 1, "shopify", "inventory_levels/update", "http://me/shop")]
        self.facts += [
            f.SubscriptionCreated(START, 2 + place, name, "*", "http://me/market")
            for place, name in enumerate(CHANNELS)
        ]
        self.available = dict.fromkeys(SKUS, AVAILABLE)
        self.physical = dict.fromkeys(SKUS, AVAILABLE)
        self.versions = dict.fromkeys(SKUS, 0)
        self.events = self.deliveries = self.requests = 0
        self.ms = 0.0
        for order in range(orders):
            self._order(order)

    def _order(self, order: int) -> None:
        skus = self.dice.sample(SKUS, 2)
        count = self.dice.randint(1, 3)
        lines: Lines = ((skus[0], count),)
        if order % 6 == 1:
            lines = ((skus[0], 1), (skus[0], count))
        elif order % 4 == 0:
            lines = ((skus[0], count), (skus[1], 1))
        channel = CHANNELS[order % 2]
        self.happen(Change("sale", order, channel, lines))
        if order % 5 == 2:
            self.happen(Change("cancelled", order, channel, lines))
        elif order % 7 == 3:
            self.happen(Change("returned", order, channel, lines[:1]))

    def happen(self, change: Change) -> None:
        """The change on the marketplace, its event and deliveries, and what the subject records."""
        self.ms += self.step_ms(self.events)
        at, topics = (
            ns(self.ms),
            {"sale": "order.created", "cancelled": "order.cancelled", "returned": "order.returned"},
        )
        skus, counts = zip(*change.lines, strict=True)
        ref = self.ref(change)
        for sku, count in change.lines:
            self.physical[sku] += -count if change.kind == "sale" else count
        match change.kind:
            case "sale":
                much = (AVAILABLE,) * len(skus)
                self.facts.append(f.PurchaseAccepted(at, change.order, change.channel, ref, skus, counts, much, much))
            case "cancelled":
                self.facts.append(f.OrderCancelled(at, change.order, change.channel, ref, skus, counts))
            case _:
                self.facts.append(
                    f.OrderReturned(
                        at, change.order, change.channel, ref, change.return_id, skus, counts, restocked=True
                    )
                )
        change.copies = int(self.events % 9 == 0)
        self._deliver(change, topics[change.kind], at)
        token = f"{change.channel}:{ref}" + {"sale": "", "cancelled": ":cancelled"}.get(
            change.kind, f":returned:{change.return_id}"
        )
        for _ in range(self.times(change)):
            self.record(change, token)

    def _deliver(self, change: Change, topic: str, at: int) -> None:
        event = self.events
        self.events += 1
        self.facts.append(f.EventFired(at, event, f"e{event}", change.channel, topic, order=change.order))
        subscription = 2 + CHANNELS.index(change.channel)
        for copy in range(1 + change.copies):
            number = self.deliveries
            self.deliveries += 1
            status = self.answer(change)
            good = 200 <= status < 300
            marks: tuple[DeliveryMark, ...] = ("duplicate",) if copy else ()
            self.facts += [
                f.DeliveryPlanned(at, number, event, f"w{event}", subscription, topic, at, copy, marks),
                f.AttemptEnded(
                    at + 5_000_000, number, 1, at, at, at, at + 5_000_000, at, status, said="" if good else "no"
                ),
                f.DeliveryEnded(at + 5_000_000, number, "acknowledged" if good else "given_up"),
            ]

    def record(self, change: Change, token: str) -> None:
        """What the subject writes for a change, and pushes."""
        sums: dict[str, int] = {}
        for sku, count in self.counts(change):
            sums[sku] = sums.get(sku, 0) + (-count if change.kind == "sale" else count)
        for sku, delta in sums.items():
            self.versions[sku] += 1
            self.available[sku] += delta
            reference = f"urn:channel-orders:{token}" if self.named else ""
            self.facts.append(
                f.StockChanged(
                    ns(self.ms + 10), sku, 2**53 + 2 * SKUS.index(sku) + 1, 7, self.versions[sku], delta,
                    self.available[sku], "subject_adjust", -1, reference, request=self.requests,
                )
            )  # fmt: skip
        self.call("inventoryAdjustQuantities")
        for sku in sums:
            for channel in CHANNELS:
                self.facts.append(
                    f.ListingPushed(ns(self.ms + 20), channel, sku, self.available[sku], AVAILABLE, self.requests)
                )
        self.call("PUT listings", api=CHANNELS[0])

    def call(self, operation: str, api: str = "admin", **fields: object) -> None:
        at = ns(self.ms + 20)
        values = {"status": 200, "outcome": "ok", "started_ns": at} | fields
        self.facts.append(f.ApiCalled(at, self.requests, api, operation, **values))  # type: ignore[arg-type]  # whatever a test gives
        self.requests += 1

    def history(self) -> History:
        """The whole run, which comes to rest."""
        end = ns(self.ms + 1_000)
        finals: list[f.AnyFact] = [f.LoadStopped(end), f.QuietReached(end, quiet=True, waited_ns=1, by="silence")]
        for sku in SKUS:
            finals.append(f.FinalStock(end, sku, self.available[sku], self.physical[sku], self.versions[sku]))
            finals += [f.FinalListing(end, channel, sku, self.available[sku]) for channel in CHANNELS]
        return History.of([*self.facts, *finals, f.RunEnded(end, complete=True)])


def diagnosed(history: History) -> dict[str, Diagnosis]:
    """The diagnoses by name. None of them may fail."""
    found, notes = diagnose(history, judge(history).checks)
    assert notes == ()
    return {each.name: each for each in reversed(found)}
