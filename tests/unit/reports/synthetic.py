"""The history of a small flash sale with a modelled subject: four channels, a hot SKU that sells out, oversells.

The same arguments give the same facts. It gives reports plausible input. Whether measures are true is tested elsewhere.
"""

import heapq
import itertools
import random
from collections.abc import Callable
from typing import Any

from stockstorm.simulator.config import ForgeryKind
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.model import StockCause

MS = 1_000_000
S = 1_000_000_000
START = 5_000 * S
CHANNELS = ("online", "bazaar", "mercado", "tradepost")
HOT = "SKU-0001"


class FlashSale:
    """Simulates one run and collects its facts. `scale` multiplies the purchases. `flawed` loses and doubles a few."""

    def __init__(self, seed: int, scale: float, flawed: bool) -> None:
        self.rng = random.Random(seed)
        self.scale, self.flawed = scale, flawed
        self.facts: list[f.AnyFact] = []
        self.queue: list[tuple[int, int, Callable[[int], None]]] = []
        self.serial = itertools.count()
        self.events, self.deliveries, self.requests = itertools.count(), itertools.count(), itertools.count()
        skus = [f"SKU-{n:04d}" for n in range(1, 21)]
        self.available = {sku: int(90 * scale) if sku == HOT else int(60 * scale) for sku in skus}
        self.physical = dict(self.available)
        self.version = dict.fromkeys(skus, 0)
        self.listed = {(channel, sku): self.available[sku] for channel in CHANNELS[1:] for sku in skus}
        self.cpu = {"generator": 0.0, "receiver": 0.0, "worker": 0.0, "postgres": 0.0}

    def at(self, when: int, what: Callable[[int], None]) -> None:
        heapq.heappush(self.queue, (when, next(self.serial), what))

    def record(self, fact: f.AnyFact) -> None:
        self.facts.append(fact)

    # -- the run ------------------------------------------------------------------------------------------------------

    def run(self, started: f.RunStarted) -> list[f.AnyFact]:
        self.record(started)
        self._open()
        for name, begin, end, rate in (("warm_up", 0, 8, 6), ("flash_sale", 8, 20, 28), ("cool_down", 20, 30, 6)):
            self.at(START + begin * S, lambda now, name=name: self.record(f.PhaseStarted(now, name)))  # type: ignore[misc]  # mypy cannot type a lambda's default
            for _ in range(int((end - begin) * rate * self.scale)):
                self.at(START + int(self.rng.uniform(begin, end) * S), self._purchase)
        for second in range(36):
            self.at(START + second * S, self._sample)
        for kind, when in (("tampered", 6), ("unsigned", 13), ("wrong_key", 22)):
            self.at(START + when * S, lambda now, kind=kind: self._forge(now, kind))  # type: ignore[misc]  # as above
        self.at(START + 14 * S, lambda now: self.record(f.FaultStarted(now, "kill_worker", "worker")))
        self.at(START + 15 * S, lambda now: self.record(f.FaultEnded(now, "kill_worker", "worker")))
        self.at(START + 30 * S, lambda now: self.record(f.LoadStopped(now)))
        while self.queue:
            now, _, what = heapq.heappop(self.queue)
            what(now)
        self._close(max(fact.at_ns for fact in self.facts) + S)
        return self.facts

    def _open(self) -> None:
        for process, pid in (("generator", 101), ("receiver", 102), ("worker", 103), ("postgres", 104)):
            self.record(f.ProcessSeen(START - S, process, pid, 1_795_000_000 * S - S))
        for channel in CHANNELS:
            self.record(f.ChannelOpened(START - S, channel, channel == "online"))
        for number, sku in enumerate(self.available, 1):
            self.record(f.ItemStocked(START - S, sku, 2**53 + number, 7001, self.available[sku], 2500, sku == HOT))
        topics = (
            ("shopify", "orders/create"),
            ("shopify", "inventory_levels/update"),
            *((c, "*") for c in CHANNELS[1:]),
        )
        for number, (source, topic) in enumerate(topics, 1):
            self.record(f.SubscriptionCreated(START - S, number, source, topic, "http://127.0.0.1:8101/webhooks"))

    def _close(self, now: int) -> None:
        self.record(f.QuietReached(now, True, now - START - 30 * S))
        for sku, available in self.available.items():
            self.record(f.FinalStock(now, sku, available, self.physical[sku], self.version[sku]))
        for (channel, sku), quantity in self.listed.items():
            self.record(f.FinalListing(now, channel, sku, quantity))
        self.record(f.ProbeEnded(now, "effects", False, "the subject offers no such probe"))
        self.record(f.RunEnded(now + 1, True))

    def _sample(self, now: int) -> None:
        busy = 1.0 if 8 <= (now - START) / S < 20 else 0.3
        for process, share in (("generator", 0.35), ("receiver", 0.2), ("worker", 0.45), ("postgres", 0.3)):
            self.cpu[process] += share * busy * self.rng.uniform(0.85, 1.15)
            rss = int((60 + 90 * share + (now - START) / S * share) * 1e6)
            self.record(f.ResourcesSampled(now, process, int(self.cpu[process] * S), rss))
        self.record(
            f.GeneratorSampled(now, S, int(self.rng.uniform(1, 9) * MS * busy), int(4 + 30 * busy), 12_000, 0, 3)
        )

    # -- buyers and stock ---------------------------------------------------------------------------------------------

    def _purchase(self, now: int) -> None:
        order, channel = next(self.serial), self.rng.choice(CHANNELS)
        during_sale = 8 * S <= now - START < 20 * S
        sku = HOT if self.rng.random() < (0.6 if during_sale else 0.1) else self.rng.choice(list(self.available))
        shown = self.available[sku] if channel == "online" else self.listed[channel, sku]
        before, quantity = self.physical[sku], self.rng.choice((1, 1, 1, 2))
        if shown < quantity:
            self.record(f.PurchaseRefused(now, order, channel, (sku,), (quantity,), (before,), (shown,)))
            return
        ref = f"{channel}-{order}"
        self.record(f.PurchaseAccepted(now, order, channel, ref, (sku,), (quantity,), (before,), (shown,)))
        self.physical[sku] -= quantity
        if channel == "online":
            self._change(now, sku, -quantity, "sale", order=order)
            self._notify(now, "shopify", "orders/create", 1, lambda _: None, order=order)
        else:
            self.listed[channel, sku] -= quantity
            outcome = self.rng.random()
            writes = (0 if outcome < 0.004 else 2 if outcome > 0.997 else 1) if self.flawed else 1
            subscription = 2 + CHANNELS.index(channel)
            reference = f"urn:channel-orders:{channel}:{ref}"

            def apply(at: int) -> None:
                for _ in range(writes):
                    self._change(at, sku, -quantity, "subject_adjust", reference=reference)

            self._notify(now, channel, "order.created", subscription, apply, order=order)

    def _change(
        self, now: int, sku: str, delta: int, cause: StockCause, *, order: int = -1, reference: str = ""
    ) -> None:
        self.available[sku] += delta
        self.version[sku] += 1
        version, item = self.version[sku], 2**53 + int(sku[-4:])
        own = order
        request = -1 if cause == "sale" else next(self.requests)
        if request >= 0:
            self.record(f.ApiCalled(now, request, "admin", "inventoryAdjustQuantities", 200, "ok", now - 3 * MS, 10, 1))
        changed = (now, sku, item, 7001, version, delta, self.available[sku], cause, own, reference)
        self.record(f.StockChanged(*changed, request=request))
        self._notify(
            now, "shopify", "inventory_levels/update", 2, lambda t: self._push(t, sku), sku=sku, version=version
        )

    def _push(self, now: int, sku: str) -> None:
        for channel in CHANNELS[1:]:
            quantity, request = max(0, self.available[sku]), next(self.requests)
            self.record(f.ApiCalled(now, request, channel, "PUT listings", 200, "ok", now - 2 * MS, 0, 1))
            self.record(f.ListingPushed(now, channel, sku, quantity, self.listed[channel, sku], request))
            self.listed[channel, sku] = quantity

    # -- deliveries ---------------------------------------------------------------------------------------------------

    def _notify(
        self, now: int, source: str, topic: str, subscription: int, then: Callable[[int], Any], **what: Any
    ) -> None:
        event, delivery = next(self.events), next(self.deliveries)
        self.record(f.EventFired(now, event, f"event-{event}", source, topic, **what))
        due = now + self.rng.randrange(1, 15) * MS
        self.record(f.DeliveryPlanned(now, delivery, event, f"webhook-{delivery}", subscription, topic, due))
        late = self.rng.random() < 0.01
        self._attempt(due, delivery, 1, "answer_timeout" if late else "", 0 if late else 200)
        if late:
            due += 7 * S
            self._attempt(due, delivery, 2, "", 200)
        ack = due + 12 * MS
        self.record(f.DeliveryEnded(ack, delivery, "acknowledged"))
        load = 2.2 if 8 * S <= now - START < 20 * S else 1.0
        work = int(self.rng.lognormvariate(-1.6, 0.7) * load * S)
        outage = START + 14 * S <= ack + work < START + 15 * S
        self.at(max(ack + work, START + 15 * S + work // 4) if outage else ack + work, then)

    def _attempt(self, due: int, delivery: int, attempt: int, error: f.AttemptError, status: int) -> None:
        started = due + int(self.rng.lognormvariate(-1.2, 0.8) * MS)
        took = 5 * S if error else int(self.rng.lognormvariate(1.6, 0.6) * MS)
        ended, answered = started + took, 0 if error else started + took
        sent = started + MS // 5
        self.record(
            f.AttemptEnded(ended, delivery, attempt, due, started, sent, answered, due, status, error, bytes_sent=2100)
        )

    def _forge(self, now: int, kind: ForgeryKind) -> None:
        delivery = next(self.deliveries)
        topic = "inventory_levels/update"
        self.record(f.DeliveryPlanned(now, delivery, -1, f"forged-{delivery}", 2, topic, now, forged=kind))
        self._attempt(now, delivery, 1, "", 401)
        self.record(f.DeliveryEnded(now + 9 * MS, delivery, "refused"))


def flash_sale(seed: int = 7, scale: float = 1.0, flawed: bool = True, **started: Any) -> list[f.AnyFact]:
    """Facts of one run, sorted by time. `started` overrides fields of RunStarted."""
    scenario = {
        "name": "flash_sale",
        "title": "Flash sale on four channels",
        "shows": "the last units of a hot SKU",
        "tier": "under_2s",
        "expect": {"sync_latency_ms.p95": "< 2000", "ack_time_ms.p99": "< 1000", "oversell.units": "<= 12"},
        "perturbations": [],
        "shop": {"currency": "GBP"},
    }
    values: dict[str, Any] = {
        "at_ns": START,
        "schema": f.SCHEMA_VERSION,
        "run": "20261124-063000-flash_sale-7",
        "scenario": scenario,
        "seed": seed,
        "plan_digest": "9f2c" * 16,
        "wall_ns": 1_795_000_000 * S,
        "duration_ns": 30 * S,
        "safety_stock": 0,
        "subject": "reference service, queue architecture",
        "driver": "live",
        "replay": f"stockstorm run flash_sale --seed {seed}",
        "commit": "a90be2c",
        "versions": {"stockstorm": "0.1.0", "python": "3.11"},
        "machine": {"cores": "2", "system": "Linux"},
        "notes": ("retry gaps shortened 20 times",),
    }
    facts = FlashSale(seed, scale, flawed).run(f.RunStarted(**(values | started)))
    return sorted(facts, key=lambda fact: fact.at_ns)
