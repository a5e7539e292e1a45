"""The wait, before the load, for a service that Stockstorm did not start to register where it wants notifications.

It can find the simulated APIs only when they begin to listen, and may check for them at an interval. It would never
receive events from before its registration, and would be judged for the order of the start.
"""

from collections.abc import Callable, Sequence
from typing import Final

import gevent
import msgspec

from stockstorm.loadtests.limits import POLL_S, REGISTERING_MAX_S, REGISTERING_QUIET_S
from stockstorm.loadtests.subjects import SHOP_TOPICS
from stockstorm.simulator.clock import SECOND_NS, Clock
from stockstorm.simulator.model import SHOPIFY
from stockstorm.simulator.world import World

WAITING: Final = f"waiting for your service to register (at most {REGISTERING_MAX_S:.0f} s)"


class Registered(msgspec.Struct, frozen=True):
    """The registrations at a moment, and those that are missing."""

    subscriptions: tuple[int, ...]  # their ids
    channels_missing: tuple[str, ...]  # marketplaces that could notify and have no address
    topics_missing: tuple[str, ...]  # topics of the shop without a subscription

    @classmethod
    def of(cls, world: World, awaited: Sequence[str] = SHOP_TOPICS) -> "Registered":
        shop = world.subscriptions(SHOPIFY)
        channels = {channel: world.subscriptions(channel) for channel in world.notifying}
        topics = {subscription.topic for subscription in shop}
        everyone = [*shop, *(each for found in channels.values() for each in found)]
        return cls(
            subscriptions=tuple(each.subscription_id for each in everyone),
            channels_missing=tuple(channel for channel, found in channels.items() if not found),
            topics_missing=tuple(topic for topic in awaited if topic not in topics and world.app.may_hear(topic)),
        )

    @property
    def complete(self) -> bool:
        return not (self.channels_missing or self.topics_missing)

    def notes(self, uri: str) -> tuple[str, ...]:
        """Notes for the report on a load that begins now. Stockstorm subscribes `uri` to the missing topics."""
        found = [_no_address(channel) for channel in self.channels_missing]
        if self.topics_missing:
            topics = ", ".join(self.topics_missing)
            found.append(
                f"subscribed by Stockstorm for {uri}, because your service had not when the load began: {topics}"
            )
        return tuple(found)


def wait_for_registrations(
    world: World,
    clock: Clock,
    aborted: Callable[[], bool],
    topics: Sequence[str] = SHOP_TOPICS,
    pause: Callable[[float], None] = gevent.sleep,
) -> Registered:
    """Waits in the calling greenlet until everything is registered, no more is expected, or the run is `aborted`.

    No more is expected `REGISTERING_QUIET_S` after the last registration, and `REGISTERING_MAX_S` after the start.
    """
    begun_ns = changed_ns = clock()
    found = Registered.of(world, topics)
    while not (aborted() or found.complete):
        now_ns = clock()
        quiet = bool(found.subscriptions) and now_ns - changed_ns >= REGISTERING_QUIET_S * SECOND_NS
        if quiet or now_ns - begun_ns >= REGISTERING_MAX_S * SECOND_NS:
            break
        pause(POLL_S)
        before, found = found, Registered.of(world, topics)
        if found != before:
            changed_ns = clock()
    return found


def _no_address(channel: str) -> str:
    base = f"/marketplaces/{channel}/v1"
    return (
        f"{channel} had no notification address when the load began: your service had not called PUT "
        f"{base}/notifications; until it does, orders reach it only by GET {base}/orders"
    )
