"""The load waits for a service that registers by itself, until it is complete, no more comes, or the time is up."""

from collections.abc import Callable

import pytest

from stockstorm.loadtests.generator.registration import Registered, wait_for_registrations
from stockstorm.loadtests.limits import POLL_S, REGISTERING_MAX_S, REGISTERING_QUIET_S
from stockstorm.loadtests.subjects import SHOP_TOPICS
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import ChannelConfig
from stockstorm.simulator.seeds import Seeds
from stockstorm.simulator.world import World
from tests.small_world import CHANNELS, small_catalogue, small_config, small_world

URI = "http://127.0.0.1:8080/webhooks"
MARKETPLACES = CHANNELS[1:]


class Service:
    """Registers at given seconds of a clock that only the wait moves. `found` is the result of the wait."""

    def __init__(self, **at_s: float) -> None:
        self.world: World = small_world()
        self._due = sorted((second, name) for name, second in at_s.items())
        self._now_ns = 0
        self.found = wait_for_registrations(self.world, lambda: self._now_ns, lambda: False, pause=self._pause)

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


def test_the_load_begins_as_soon_as_everything_is_registered() -> None:
    service = Service(bazaar=3.0, mercado=7.0, topics=11.0)
    assert service.waited_s == about(11.0)
    assert service.found.notes(URI) == ()


def test_missing_topics_are_noted_when_no_more_registrations_come() -> None:
    service = Service(bazaar=1.0, mercado=4.0)
    assert service.waited_s == about(4.0 + REGISTERING_QUIET_S)
    assert service.found.topics_missing == SHOP_TOPICS
    (note,) = service.found.notes(URI)
    assert note.startswith(f"subscribed by Stockstorm for {URI}, because your service had not when the load began: ")


def test_a_service_that_never_registers_gets_a_note_for_each_marketplace() -> None:
    service = Service()
    assert service.waited_s == about(REGISTERING_MAX_S)
    bazaar, mercado, topics = service.found.notes(URI)
    assert bazaar.startswith("bazaar had no notification address when the load began: your service had not called PUT ")
    assert "only by GET /marketplaces/mercado/v1/orders" in mercado
    assert "orders/create" in topics


def test_a_service_that_registers_again_and_again_cannot_delay_the_load_beyond_the_limit() -> None:
    world, now = small_world(), [0]

    def register_again(seconds: float) -> None:
        now[0] += int(seconds * SECOND_NS)
        for old in world.subscriptions("bazaar"):
            world.unsubscribe(old.subscription_id, by_policy=False, now_ns=now[0])
        world.subscribe("bazaar", "*", f"{URI}/{now[0]}", now_ns=now[0])

    wait_for_registrations(world, lambda: now[0], lambda: False, pause=register_again)
    assert now[0] / SECOND_NS == about(REGISTERING_MAX_S)


def test_an_aborted_run_stops_waiting() -> None:
    pauses: list[float] = []
    pause: Callable[[float], None] = pauses.append
    found = wait_for_registrations(small_world(), lambda: 0, lambda: len(pauses) == 3, pause=pause)
    assert (len(pauses), found.channels_missing) == (3, MARKETPLACES)


def test_a_subscription_to_a_topic_that_a_run_never_fires_replaces_no_other() -> None:
    world = small_world()
    world.subscribe("shopify", "app/uninstalled", URI, now_ns=0)
    assert Registered.of(world).topics_missing == SHOP_TOPICS


def test_a_marketplace_that_notifies_nobody_is_not_waited_for() -> None:
    channels = tuple(
        ChannelConfig(name=name, tells="feed" if name == "mercado" else "both") for name in CHANNELS if name != "online"
    )
    config = small_config().model_copy(update={"channels": (ChannelConfig(name="online"), *channels)})
    world = World(config, small_catalogue(), Seeds(1))
    assert Registered.of(world).channels_missing == ("bazaar",)
