"""A service that registers by itself is waited for: until all is asked for, until it rests, or until the bound."""

from collections.abc import Callable

import pytest

from stockstorm.loadtests.generator.registration import POLL_S, QUIET_S, WITHIN_S, Registered, wait_for_registrations
from stockstorm.loadtests.subjects import SHOP_TOPICS
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.world import World
from tests.small_world import CHANNELS, small_world

URI = "http://127.0.0.1:8080/webhooks"
MARKETPLACES = CHANNELS[1:]


class Service:
    """Registers at given seconds of a clock that only the wait moves; keeps what the wait found."""

    def __init__(self, **at_s: float) -> None:
        self.world: World = small_world()
        self._due = sorted((second, name) for name, second in at_s.items())
        self._now_ns = 0
        self.found = wait_for_registrations(self.world, lambda: self._now_ns, lambda: False, self._pause)

    @property
    def waited_s(self) -> float:
        return self._now_ns / SECOND_NS

    def _pause(self, seconds: float) -> None:
        self._now_ns += int(seconds * SECOND_NS)
        while self._due and self._due[0][0] * SECOND_NS <= self._now_ns:
            _, name = self._due.pop(0)
            for topic in SHOP_TOPICS if name == "topics" else ("*",):
                self.world.subscribe("shopify" if name == "topics" else name, topic, URI, now_ns=self._now_ns)


def about(seconds: float) -> object:
    return pytest.approx(seconds, abs=2 * POLL_S)


def test_load_begins_as_soon_as_everything_is_registered() -> None:
    service = Service(bazaar=3.0, mercado=7.0, topics=11.0)
    assert service.waited_s == about(11.0)
    assert service.found.notes(URI) == ()


def test_a_service_that_subscribes_no_topic_by_itself_is_given_them_once_it_rests() -> None:
    service = Service(bazaar=1.0, mercado=4.0)
    assert service.waited_s == about(4.0 + QUIET_S)
    assert service.found.topics_missing == SHOP_TOPICS
    (note,) = service.found.notes(URI)
    assert note.startswith(f"subscribed by Stockstorm for {URI}, since your service had not when load began: ")


def test_a_service_that_never_registers_is_waited_for_and_told_marketplace_by_marketplace() -> None:
    service = Service()
    assert service.waited_s == about(WITHIN_S)
    bazaar, mercado, topics = service.found.notes(URI)
    assert bazaar.startswith("bazaar had no notification address when load began: your service had not called PUT ")
    assert "only by GET /marketplaces/mercado/v1/orders" in mercado
    assert "orders/create" in topics


def test_a_service_that_registers_again_and_again_does_not_hold_up_the_load_for_good() -> None:
    world, now = small_world(), [0]

    def restless(seconds: float) -> None:
        now[0] += int(seconds * SECOND_NS)
        for old in world.subscriptions("bazaar"):
            world.unsubscribe(old.subscription_id, by_policy=False, now_ns=now[0])
        world.subscribe("bazaar", "*", f"{URI}/{now[0]}", now_ns=now[0])

    wait_for_registrations(world, lambda: now[0], lambda: False, restless)
    assert now[0] / SECOND_NS == about(WITHIN_S)


def test_a_run_that_is_interrupted_waits_no_longer() -> None:
    asked: list[float] = []
    pause: Callable[[float], None] = asked.append
    found = wait_for_registrations(small_world(), lambda: 0, lambda: len(asked) == 3, pause)
    assert (len(asked), found.channels_missing) == (3, MARKETPLACES)


def test_a_subscription_to_what_a_run_never_fires_stands_for_no_other() -> None:
    world = small_world()
    world.subscribe("shopify", "app/uninstalled", URI, now_ns=0)
    assert Registered.of(world).topics_missing == SHOP_TOPICS
