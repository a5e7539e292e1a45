"""Before load on a service that Stockstorm did not start: the wait until it has told where notifications are to go.

It finds the played APIs when they begin to listen, and may look for them only now and then. What happens before it has
registered would never reach it, and that is its owner's start order, not its fault.
"""

from collections.abc import Callable
from typing import Final

import gevent
import msgspec

from stockstorm.loadtests.subjects import SHOP_TOPICS
from stockstorm.simulator.clock import SECOND_NS, Clock
from stockstorm.simulator.model import SHOPIFY
from stockstorm.simulator.world import World

WITHIN_S: Final = 30.0
QUIET_S: Final = 5.0  # since its last registration: nothing more is to come
POLL_S: Final = 0.1
WAITING: Final = f"waiting for your service to register (at most {WITHIN_S:.0f} s)"


class Registered(msgspec.Struct, frozen=True):
    """What is asked for at a moment, and what nobody asked for yet."""

    subscriptions: tuple[int, ...]  # their ids
    channels_missing: tuple[str, ...]  # marketplaces without a notification address
    topics_missing: tuple[str, ...]  # topics of the shop that nobody subscribed

    @classmethod
    def of(cls, world: World) -> "Registered":
        shop = world.subscriptions(SHOPIFY)
        channels = {channel: world.subscriptions(channel) for channel in world.marketplaces}
        topics = {subscription.topic for subscription in shop}
        everyone = [*shop, *(each for found in channels.values() for each in found)]
        return cls(
            subscriptions=tuple(each.subscription_id for each in everyone),
            channels_missing=tuple(channel for channel, found in channels.items() if not found),
            topics_missing=tuple(topic for topic in SHOP_TOPICS if topic not in topics),
        )

    @property
    def complete(self) -> bool:
        return not (self.channels_missing or self.topics_missing)

    def notes(self, uri: str) -> tuple[str, ...]:
        """What a reader must know of a load that begins now, with the missing topics subscribed for `uri`."""
        found = [_no_address(channel) for channel in self.channels_missing]
        if self.topics_missing:
            topics = ", ".join(self.topics_missing)
            found.append(f"subscribed by Stockstorm for {uri}, since your service had not when load began: {topics}")
        return tuple(found)


def wait_for_registrations(
    world: World, clock: Clock, broken: Callable[[], bool], pause: Callable[[float], None] = gevent.sleep
) -> Registered:
    """Waits in the calling greenlet until all is registered, or no more is to come, or the wait ran out or is `broken`.

    Nothing more is to come `QUIET_S` after a registration; a service that never registers is waited for `WITHIN_S`.
    """
    begun_ns = changed_ns = clock()
    found = Registered.of(world)
    while not (broken() or found.complete):
        now_ns = clock()
        quiet = bool(found.subscriptions) and now_ns - changed_ns >= QUIET_S * SECOND_NS
        if quiet or now_ns - begun_ns >= WITHIN_S * SECOND_NS:
            break
        pause(POLL_S)
        before, found = found, Registered.of(world)
        if found != before:
            changed_ns = clock()
    return found


def _no_address(channel: str) -> str:
    base = f"/marketplaces/{channel}/v1"
    return (
        f"{channel} had no notification address when load began: your service had not called PUT {base}/notifications; "
        f"until it does, its orders reach your service only by GET {base}/orders"
    )
