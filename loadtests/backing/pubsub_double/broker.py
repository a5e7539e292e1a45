"""Topics and subscriptions of the double: pure, with the time as an argument and bounded memory.

A message counts once for each subscription that still keeps it, because acknowledging frees it there.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from typing import Any, Final

from stockstorm.loadtests.backing.pubsub_double.journal import (
    AnyRecord,
    Done,
    Journal,
    NoJournal,
    Opened,
    Placed,
    SubscriptionGone,
    SubscriptionMade,
    TopicGone,
    TopicMade,
)
from stockstorm.loadtests.backing.pubsub_double.subscription import (
    Entry,
    Message,
    Reason,
    Refusal,
    Settings,
    Subscription,
    Topic,
)

BYTES_MAX: Final = 512 * 1024**2
DEADLINE_MIN_S: Final = 10
DEADLINE_MAX_S: Final = 600
IDS_OF_A_PROCESS: Final = 10**9  # ids of a process that continues a journal begin this much higher


class Broker:
    """All state. Methods raise Refusal. Those that may make messages available return the subscriptions' names.

    `deadline_min_s` below Pub/Sub's 10 s is for tests that wait for a lease to end. Every change is written to
    `journal`, and `restored` makes the broker of a journal.
    """

    def __init__(
        self, bytes_max: int = BYTES_MAX, deadline_min_s: int = DEADLINE_MIN_S, journal: Journal | None = None
    ) -> None:
        self._journal = journal or NoJournal()
        self.first_id = 1  # of a process that continues a journal it is above all earlier ones
        self._bytes_max = bytes_max
        self._deadline_min_s = deadline_min_s
        self._topics: dict[str, Topic] = {}
        self._subscriptions: dict[str, Subscription] = {}
        self._serials = count(1)
        self.size_bytes = 0

    def create_topic(self, name: str) -> None:
        _check_name(name, "topics")
        if name in self._topics:
            raise Refusal(Reason.ALREADY_EXISTS, f"Topic already exists: {name}")
        self._topics[name] = Topic(name)
        self._journal.write(TopicMade(name))

    def topic(self, name: str) -> Topic:
        try:
            return self._topics[name]
        except KeyError:
            raise Refusal(Reason.NOT_FOUND, f"Topic not found: {name}") from None

    def delete_topic(self, name: str) -> None:
        """Its subscriptions stay, without a topic, as with Pub/Sub."""
        self.topic(name)
        del self._topics[name]
        self._journal.write(TopicGone(name))

    def create_subscription(self, settings: Settings) -> None:
        _check_name(settings.name, "subscriptions")
        if settings.name in self._subscriptions:
            raise Refusal(Reason.ALREADY_EXISTS, f"Subscription already exists: {settings.name}")
        self.check_deadline("ack_deadline_seconds", settings.ack_deadline_s)
        if settings.dead_letter_topic and not 5 <= settings.deliveries_max <= 100:
            raise Refusal(Reason.INVALID_ARGUMENT, "max_delivery_attempts must be from 5 to 100")
        if settings.dead_letter_topic:
            self.topic(settings.dead_letter_topic)
        self.topic(settings.topic).subscriptions.append(settings.name)
        self._subscriptions[settings.name] = Subscription(settings, self.first_id)
        self._journal.write(SubscriptionMade(settings))

    def check_deadline(self, field: str, seconds: int) -> None:
        """Raises Refusal unless a lease can be that long."""
        if not self._deadline_min_s <= seconds <= DEADLINE_MAX_S:
            text = f"{field} must be from {self._deadline_min_s} to {DEADLINE_MAX_S}"
            raise Refusal(Reason.INVALID_ARGUMENT, text)

    def subscription(self, name: str) -> Subscription:
        try:
            return self._subscriptions[name]
        except KeyError:
            raise Refusal(Reason.NOT_FOUND, f"Subscription does not exist: {name}") from None

    def delete_subscription(self, name: str) -> None:
        subscription = self.subscription(name)
        self._free(subscription.messages())
        del self._subscriptions[name]
        if topic := self._topics.get(subscription.settings.topic):
            topic.subscriptions.remove(name)
        self._journal.write(SubscriptionGone(name))

    def publish(self, topic: str, messages: Sequence[Message]) -> list[str]:
        """Adds all or none of the messages to every subscription of the topic. Returns the subscriptions' names."""
        names = self.topic(topic).subscriptions
        grown = self.size_bytes + sum(message.size_bytes for message in messages) * len(names)
        if grown > self._bytes_max:
            raise Refusal(Reason.RESOURCE_EXHAUSTED, f"the double keeps at most {self._bytes_max} bytes")
        return self._place(names, messages)

    def acknowledge(self, name: str, ack_ids: Iterable[str]) -> None:
        subscription = self.subscription(name)
        found = (subscription.acknowledge(ack_id) for ack_id in ack_ids)
        self._finish(subscription, [entry for entry in found if entry is not None])

    def modify(self, name: str, ack_ids: Sequence[str], deadline_s: int, now_ns: int) -> list[str]:
        """Returns the subscriptions that may have messages to hand out."""
        subscription = self.subscription(name)
        if not 0 <= deadline_s <= DEADLINE_MAX_S:
            raise Refusal(Reason.INVALID_ARGUMENT, "ack_deadline_seconds must be from 0 to 600")
        moved = (subscription.modify(ack_id, deadline_s, now_ns) for ack_id in ack_ids)
        return [name, *self._move_dead(subscription, [entry for entry in moved if entry is not None])]

    def expire(self, now_ns: int) -> list[str]:
        """Ends leases that ran out. Returns the subscriptions that may have messages to hand out."""
        ready: list[str] = []
        for name, subscription in list(self._subscriptions.items()):
            expired, dead = subscription.expire(now_ns)
            if expired:
                ready += [name, *self._move_dead(subscription, dead)]
        return ready

    def refill(self, kept: Mapping[str, Mapping[int, Message]]) -> None:
        """Messages by subscription and serial number, from a journal."""
        self._serials = count(1 + max((serial for messages in kept.values() for serial in messages), default=0))
        for name, messages in kept.items():
            self._subscriptions[name] = Subscription(self._subscriptions[name].settings, self.first_id)
            for serial, message in messages.items():
                self._subscriptions[name].add(message, serial)
                self.size_bytes += message.size_bytes

    def writes_to(self, journal: Journal) -> None:
        """Writes changes there from now on."""
        self._journal = journal

    def _place(self, names: Sequence[str], messages: Sequence[Message]) -> list[str]:
        for message in messages:
            serial = next(self._serials)
            self.size_bytes += message.size_bytes * len(names)
            self._journal.write(Placed(serial, list(names), message.wire.SerializeToString()))
            for name in names:
                self._subscriptions[name].add(message, serial)
        return list(names)

    def _move_dead(self, subscription: Subscription, dead: Sequence[Entry]) -> list[str]:
        """Moves dead letters to their topic. They are lost if it has no subscription or was deleted."""
        if not dead:
            return []
        self._finish(subscription, dead)
        topic = self._topics.get(subscription.settings.dead_letter_topic)
        letters = [_with_origin(entry.message, subscription.settings) for entry in dead]
        return self._place(topic.subscriptions, letters) if topic else []

    def _finish(self, subscription: Subscription, entries: Sequence[Entry]) -> None:
        name = subscription.settings.name
        self._journal.write(*(Done(name, entry.serial) for entry in entries))
        self._free(entry.message for entry in entries)

    def _free(self, messages: Iterable[Message]) -> None:
        self.size_bytes -= sum(message.size_bytes for message in messages)


def restored(broker: Broker, records: Iterable[AnyRecord], parse: Callable[[bytes], Any]) -> None:
    """Fills an empty broker that writes nothing. Messages are no longer leased, and their deliveries count from 0."""
    kept: dict[str, dict[int, Message]] = {}
    for record in records:
        match record:
            case Opened():
                broker.first_id += IDS_OF_A_PROCESS
            case TopicMade(name=name):
                broker.create_topic(name)
            case TopicGone(name=name):
                broker.delete_topic(name)
            case SubscriptionMade(settings=settings):
                broker.create_subscription(settings)
                kept[settings.name] = {}
            case SubscriptionGone(name=name):
                broker.delete_subscription(name)
                del kept[name]
            case Placed(serial=serial, subscriptions=names, wire=wire):
                message = Message(parse(wire), len(wire))
                for name in names:
                    kept[name][serial] = message
            case Done(subscription=name, serial=serial):
                kept[name].pop(serial, None)
    broker.refill(kept)


def _check_name(name: str, kind: str) -> None:
    if not re.fullmatch(rf"projects/[^/]+/{kind}/[A-Za-z][\w.~+%-]{{2,254}}", name):
        raise Refusal(Reason.INVALID_ARGUMENT, f"Invalid resource name given (name={name})")


def _with_origin(message: Message, settings: Settings) -> Message:
    """The attributes that Pub/Sub adds to a dead letter."""
    wire = type(message.wire)()
    wire.CopyFrom(message.wire)
    _, project, _, name = settings.name.split("/")
    wire.attributes["CloudPubSubDeadLetterSourceDeliveryCount"] = str(settings.deliveries_max)
    wire.attributes["CloudPubSubDeadLetterSourceSubscription"] = name
    wire.attributes["CloudPubSubDeadLetterSourceSubscriptionProject"] = project
    wire.attributes["CloudPubSubDeadLetterSourceTopicPublishTime"] = message.wire.publish_time.ToJsonString()
    return Message(wire, wire.ByteSize())
