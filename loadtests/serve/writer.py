"""Writes webhooks for others to send: real bodies, signed, with their headers. Locust users and scripts send them.

A shop is played for it. It has new orders every time, also in another process, so that a receiver takes none of them
for a copy. What it sells it restocks, so that it can go on.
"""

import secrets
import time
from collections.abc import Iterator
from typing import Final, get_args

import msgspec

from stockstorm.loadtests.serve.commands import Command, Orders, items_of, require, source_of
from stockstorm.loadtests.serve.shop import without_troubles
from stockstorm.scenarios.loader import load
from stockstorm.simulator.catalogue import make_catalogue
from stockstorm.simulator.clock import WallPair
from stockstorm.simulator.delivery.attempts import Answer, Outgoing
from stockstorm.simulator.delivery.service import DeliveryService, Dispatch, Secrets
from stockstorm.simulator.errors import ScenarioError
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.io.senders.resolver import Resolver
from stockstorm.simulator.model import EVERY_TOPIC, SHOPIFY, Topic
from stockstorm.simulator.plan.items import AnyPlanItem, PlannedForgery, PlannedLife, PlannedPurchase, PlannedRestock
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.world import World

CATALOGUE_SEED: Final = 1  # that of a run and of a served shop, unless they are told another
ORDERS_APART: Final = 1_000_000_000  # order numbers begin somewhere below this
WRITTEN_MAX: Final = 20_000  # by one shop, before a new one takes its place: it keeps all its orders
HEADERS_LEFT_OUT: Final = frozenset({"host", "content-length"})  # which the sender sets


class Written(msgspec.Struct, frozen=True):
    """A webhook, ready to be sent by POST. The body is what was signed, byte for byte."""

    topic: str
    headers: dict[str, str]
    body: bytes


class WebhookWriter:
    """Writes for one receiver. `keys`: client secret and secret of the marketplaces. Not for several threads.

    A scenario's products and marketplaces are those of its runs with seed 1.
    """

    def __init__(self, url: str, keys: Secrets, scenario: str = "smoke") -> None:
        self._url, self._keys = url, keys
        self._scenario = without_troubles(load(scenario))
        self._catalogue = make_catalogue(self._scenario, Seeds(CATALOGUE_SEED))
        self._ordinary = [product.sku for product in self._catalogue.products if not product.hot]
        self._resolver = Resolver()
        self._open()

    def write(self, command: Command) -> Written:
        """The webhook of the command's topic. Raises ScenarioError for what the shop does not know, or cannot do."""
        require(command, self._world.channels, self._catalogue)
        if self._written >= WRITTEN_MAX:
            self._open()
        for _ in range(2):  # a marketplace can be sold out, and a new shop's is not
            if (found := self._found(command)) is not None:
                self._written += 1
                return found
            self._open()
        raise ScenarioError(command.topic, "nothing was sent of it", "give fewer units, or another SKU")

    def _open(self) -> None:
        """A new shop. Everything in it that has a number of its own has another one than in any before."""
        scenario, seeds = self._scenario, Seeds(secrets.randbits(62))
        self._world = World(scenario, self._catalogue, seeds)
        self._world.opening(time.time_ns())
        self._numbers = Orders()
        self._numbers.next_order = secrets.randbelow(ORDERS_APART)
        self._written = 0
        payloads = Payloads(self._catalogue, scenario.shop, WallPair(0, 0), scenario.app)
        self._deliveries = DeliveryService(self._world, payloads, scenario, seeds, self._keys, self._resolver)
        wanted = [(SHOPIFY, topic) for topic in get_args(Topic)]
        wanted += [(channel, EVERY_TOPIC) for channel in self._world.marketplaces]
        for source, topic in wanted:
            self._world.subscribe(source, topic, self._url, now_ns=time.time_ns(), by_api=False)

    def _found(self, command: Command) -> Written | None:
        """The last one of the topic that the command leads to."""
        found = None
        for dispatch in self._dispatches(command):
            for outgoing in dispatch.attempts:
                written = _written(outgoing)
                self._deliveries.answered(outgoing, _taken(time.time_ns()))
                if written.topic == command.topic:
                    found = written
        return found

    def _dispatches(self, command: Command) -> Iterator[Dispatch]:
        now_ns, channels = time.time_ns(), self._world.channels
        if command.data is not None:
            kind = command.forge
            topic, body = command.topic, command.data.encode()
            yield self._deliveries.send(source_of(command, channels), topic, body, now_ns, kind)  # type: ignore[arg-type]  # `require` has checked both
            return
        if not command.sku:
            command = msgspec.structs.replace(command, sku=secrets.choice(self._ordinary))
        for item in items_of(command, channels, self._catalogue, self._numbers, None):
            if isinstance(item, PlannedPurchase):
                self._restock(item, now_ns)
            yield from self._applied(item, now_ns)

    def _restock(self, item: PlannedPurchase, now_ns: int) -> None:
        for sku, units in item.lines:
            self._world.apply(PlannedRestock(0, item.serial, sku, units), now_ns)

    def _applied(self, item: AnyPlanItem, now_ns: int) -> Iterator[Dispatch]:
        if isinstance(item, PlannedForgery):
            yield self._deliveries.forge(item, now_ns)
            return
        yield self._deliveries.fire(self._world.apply(item, now_ns).events, now_ns)
        if isinstance(item, PlannedLife):
            yield self._deliveries.live(item, now_ns)


def _taken(now_ns: int) -> Answer:
    """Whoever sends it waits for the answer; the shop need not."""
    return Answer(now_ns, now_ns, now_ns, now_ns, now_ns, status=200)


def _written(outgoing: Outgoing) -> Written:
    lines = outgoing.head.decode("latin-1").split("\r\n")[1:]
    headers = dict(line.split(": ", 1) for line in lines if line)
    topic = headers.get("X-Shopify-Topic") or headers.get("X-Marketplace-Topic", "")
    kept = {name: value for name, value in headers.items() if name.lower() not in HEADERS_LEFT_OUT}
    return Written(topic, kept, outgoing.body)
