"""What the page and `stockstorm trigger` show: the newest deliveries, calls and orders. Bounded by number and bytes."""

from collections import deque
from contextlib import suppress
from typing import Final

import msgspec

from stockstorm.loadtests.generator.load import Connections
from stockstorm.simulator.api.exchange import ApiReply, ApiRequest
from stockstorm.simulator.clock import MILLISECOND_NS
from stockstorm.simulator.delivery.attempts import Answer, Outgoing
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.history.attempt_errors import ATTEMPT_ERRORS, AttemptError
from stockstorm.simulator.history.texts import without
from stockstorm.simulator.model import OrderKey

DELIVERIES_MAX: Final = 1_000
BYTES_MAX: Final = 32_000_000
CALLS_MAX: Final = 500
ORDERS_MAX: Final = 100
TEXT_MAX: Final = 20_000
ATTEMPTS_MAX: Final = 30


class Tried(msgspec.Struct, frozen=True):
    """One attempt and what came of it."""

    attempt: int
    at_ns: int
    status: int
    error: AttemptError
    took_ms: float
    said: str

    @property
    def text(self) -> str:
        found = str(self.status) if self.status else ATTEMPT_ERRORS.get(self.error, "no answer")
        return f"{found} after {self.took_ms:.1f} ms"


class Seen(msgspec.Struct):
    """One delivery as it was sent, and its attempts. `outcome` "" while one is under way or to come."""

    number: int
    at_ns: int
    topic: str
    webhook_id: str
    forged: str
    subscription: int
    url: str = ""
    head: str = ""
    body: bytes = b""
    attempts: list[Tried] = []
    outcome: str = ""
    wanted: int = 1  # how many answers somebody waits for
    last: Outgoing | None = None

    @property
    def body_text(self) -> str:
        """The body for people: indented if it is JSON."""
        text = self.body.decode("utf-8", "replace")
        with suppress(msgspec.DecodeError):
            text = msgspec.json.format(text)
        return text if len(text) <= TEXT_MAX else f"{text[:TEXT_MAX]}\n… {len(text) - TEXT_MAX:,} more characters"


class Called(msgspec.Struct, frozen=True):
    """One call of the subject. Texts are cut, and hold no secret."""

    at_ns: int
    request: int
    api: str
    operation: str
    status: int
    outcome: str
    cost: int
    errors: tuple[str, ...]
    sent: str
    answered: str


class Ordered(msgspec.Struct, frozen=True):
    """An accepted order."""

    at_ns: int
    order: OrderKey
    channel: str
    ref: str
    lines: tuple[tuple[str, int], ...]


class View:
    """Takes facts, attempts, answers and calls, and keeps the newest. `changes` counts, so that a page sees news."""

    def __init__(self, hidden: tuple[str, ...]) -> None:
        self.deliveries: dict[int, Seen] = {}
        self.calls: deque[Called] = deque(maxlen=CALLS_MAX)
        self.orders: deque[Ordered] = deque(maxlen=ORDERS_MAX)
        self.refused = self.unheard = self.changes = 0
        self._bytes = 0
        self._hidden = hidden

    def record(self, facts: list[f.AnyFact]) -> None:
        for fact in facts:
            match fact:
                case f.DeliveryPlanned():
                    self._planned(fact)
                case f.DeliveryEnded() if fact.delivery in self.deliveries:
                    self.deliveries[fact.delivery].outcome = fact.outcome
                case f.EventUnheard():
                    self.unheard += 1
                case f.PurchaseAccepted():
                    lines = tuple(zip(fact.skus, fact.quantities, strict=True))
                    self.orders.append(Ordered(fact.at_ns, OrderKey(fact.order), fact.channel, fact.ref, lines))
                case f.PurchaseRefused():
                    self.refused += 1
                case _:
                    continue
            self.changes += 1

    def _planned(self, fact: f.DeliveryPlanned) -> None:
        number = fact.delivery
        self.deliveries[number] = Seen(
            number, fact.at_ns, fact.topic, fact.webhook_id, fact.forged, fact.subscription, attempts=[]
        )
        while len(self.deliveries) > DELIVERIES_MAX or self._bytes > BYTES_MAX:
            oldest = self.deliveries.pop(next(iter(self.deliveries)))
            self._bytes -= len(oldest.body)

    def sent(self, outgoing: Outgoing) -> None:
        """An attempt begins."""
        seen = self.deliveries.get(outgoing.delivery)
        if seen is None:
            return
        if seen.last is None:
            address = outgoing.address
            scheme = "https" if address.tls else "http"
            seen.url = f"{scheme}://{address.host}:{address.port}{address.path}"
            seen.head, seen.body = outgoing.head.decode("latin-1"), outgoing.body
            self._bytes += len(outgoing.body)
        seen.last = outgoing

    def answered(self, outgoing: Outgoing, answer: Answer) -> None:
        """An attempt ended."""
        self.changes += 1
        seen = self.deliveries.get(outgoing.delivery)
        if seen is None:
            return
        took_ms = (answer.ended_ns - (answer.started_ns or outgoing.due_ns)) / MILLISECOND_NS
        said = without(answer.said, self._hidden)
        seen.attempts.append(Tried(outgoing.attempt, answer.ended_ns, answer.status, answer.error, took_ms, said))
        del seen.attempts[:-ATTEMPTS_MAX]

    def called(self, request: ApiRequest, reply: ApiReply) -> None:
        """The subject called an API."""
        for fact in reply.facts:
            if isinstance(fact, f.ApiCalled):
                sent, answered = self._plain(request.body), self._plain(reply.body)
                called = Called(
                    fact.at_ns, fact.request, fact.api, fact.operation, fact.status, fact.outcome, fact.cost,
                    fact.errors, sent, answered,
                )  # fmt: skip
                self.calls.append(called)
                self.changes += 1

    def _plain(self, body: bytes) -> str:
        return without(body[:TEXT_MAX].decode("utf-8", "replace"), self._hidden)


class SeenConnections:
    """Shows each attempt to the view before it is sent."""

    def __init__(self, connections: Connections, view: View) -> None:
        self._connections, self._view = connections, view

    def submit(self, outgoing: Outgoing) -> None:
        self._view.sent(outgoing)
        self._connections.submit(outgoing)

    def close(self, timeout: float) -> int:
        return self._connections.close(timeout)
