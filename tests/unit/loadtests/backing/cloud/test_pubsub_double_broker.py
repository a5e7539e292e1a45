"""The double's state machine with literal times: deadlines, redelivery, dead letters and its bounds."""

import pytest
from google.pubsub_v1 import types

from stockstorm.loadtests.backing.pubsub_double.broker import Broker
from stockstorm.loadtests.backing.pubsub_double.subscription import (
    Consumer,
    Handout,
    Message,
    Reason,
    Refusal,
    Settings,
)

S_NS = 1_000_000_000
TOPIC, DEAD = "projects/p/topics/orders", "projects/p/topics/dead"
SUBSCRIPTION, DEAD_SUBSCRIPTION = "projects/p/subscriptions/orders", "projects/p/subscriptions/dead"


def broker_with(settings: Settings, bytes_max: int = 10_000) -> Broker:
    """Both topics, the subscription, and one for the dead letters."""
    broker = Broker(bytes_max)
    broker.create_topic(TOPIC)
    broker.create_topic(DEAD)
    broker.create_subscription(settings)
    broker.create_subscription(Settings(DEAD_SUBSCRIPTION, DEAD))
    return broker


def publish(broker: Broker, *bodies: str) -> None:
    broker.publish(TOPIC, [Message(types.PubsubMessage.pb()(data=body.encode()), 100) for body in bodies])


def take(broker: Broker, now_s: float = 0, count: int = 10, consumer: Consumer | None = None) -> list[Handout]:
    consumer = Consumer() if consumer is None else consumer
    return broker.subscription(SUBSCRIPTION).take(consumer, count, int(now_s * S_NS))


def bodies(handouts: list[Handout]) -> list[str]:
    return [handout.message.wire.data.decode() for handout in handouts]


def test_a_lease_ends_at_its_deadline_and_not_before() -> None:
    broker = broker_with(Settings(SUBSCRIPTION, TOPIC, ack_deadline_s=10))
    publish(broker, "a")
    assert bodies(take(broker)) == ["a"]
    assert broker.expire(10 * S_NS - 1) == []
    assert broker.expire(10 * S_NS) == [SUBSCRIPTION]
    assert [(one.message.wire.data, one.attempt) for one in take(broker, 10)] == [(b"a", 2)]


def test_an_extended_lease_ends_at_the_later_deadline() -> None:
    broker = broker_with(Settings(SUBSCRIPTION, TOPIC, ack_deadline_s=10))
    publish(broker, "a")
    (one,) = take(broker)
    broker.modify(SUBSCRIPTION, [one.ack_id], 30, 5 * S_NS)
    assert broker.expire(34 * S_NS) == []
    assert broker.expire(35 * S_NS) == [SUBSCRIPTION]


def test_a_shortened_lease_ends_at_the_earlier_deadline() -> None:
    broker = broker_with(Settings(SUBSCRIPTION, TOPIC, ack_deadline_s=600))
    publish(broker, "a")
    (one,) = take(broker)
    broker.modify(SUBSCRIPTION, [one.ack_id], 1, 0)
    assert broker.expire(1 * S_NS) == [SUBSCRIPTION]


def test_a_returned_message_goes_before_newer_ones() -> None:
    broker = broker_with(Settings(SUBSCRIPTION, TOPIC))
    publish(broker, "a", "b", "c")
    first, second = take(broker, count=2)
    broker.modify(SUBSCRIPTION, [second.ack_id, first.ack_id], 0, 0)
    assert bodies(take(broker)) == ["a", "b", "c"]


def test_an_acknowledgement_after_the_deadline_has_no_effect() -> None:
    broker = broker_with(Settings(SUBSCRIPTION, TOPIC))
    publish(broker, "a")
    (one,) = take(broker)
    broker.expire(10 * S_NS)
    broker.acknowledge(SUBSCRIPTION, [one.ack_id])
    assert bodies(take(broker, 10)) == ["a"]


def test_after_the_last_delivery_a_message_becomes_a_dead_letter_with_its_origin() -> None:
    settings = Settings(SUBSCRIPTION, TOPIC, dead_letter_topic=DEAD, deliveries_max=5)
    broker = broker_with(settings)
    publish(broker, "poison")
    for _ in range(5):
        (one,) = take(broker)
        broker.modify(SUBSCRIPTION, [one.ack_id], 0, 0)
    assert take(broker) == []
    (dead,) = broker.subscription(DEAD_SUBSCRIPTION).take(Consumer(), 10, 0)
    assert dead.message.wire.data == b"poison"
    assert dead.message.wire.attributes["CloudPubSubDeadLetterSourceDeliveryCount"] == "5"
    assert dead.message.wire.attributes["CloudPubSubDeadLetterSourceSubscription"] == "orders"


def test_a_consumer_receives_no_more_than_its_limits_allow() -> None:
    broker = broker_with(Settings(SUBSCRIPTION, TOPIC))
    publish(broker, "a", "b", "c", "d")
    few, light = Consumer(messages_max=1), Consumer(bytes_max=150)
    (one,) = take(broker, consumer=few)
    assert bodies(take(broker, consumer=light)) == ["b", "c"]
    broker.acknowledge(SUBSCRIPTION, [one.ack_id])
    assert bodies(take(broker, consumer=few)) == ["d"]


def test_memory_is_bounded_and_freed_by_acknowledging_and_deleting() -> None:
    broker = broker_with(Settings(SUBSCRIPTION, TOPIC), bytes_max=250)
    publish(broker, "a", "b")
    with pytest.raises(Refusal) as refused:
        publish(broker, "c")
    assert refused.value.reason is Reason.RESOURCE_EXHAUSTED
    broker.acknowledge(SUBSCRIPTION, [take(broker, count=1)[0].ack_id])
    publish(broker, "c")
    take(broker, count=1)
    broker.delete_subscription(SUBSCRIPTION)
    assert broker.size_bytes == 0


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (Settings(SUBSCRIPTION, TOPIC), Reason.ALREADY_EXISTS),
        (Settings("projects/p/subscriptions/x", "projects/p/topics/none"), Reason.INVALID_ARGUMENT),
        (Settings("projects/p/subscriptions/other", "projects/p/topics/none"), Reason.NOT_FOUND),
        (Settings("projects/p/subscriptions/other", TOPIC, ack_deadline_s=9), Reason.INVALID_ARGUMENT),
        (
            Settings("projects/p/subscriptions/other", TOPIC, dead_letter_topic=DEAD, deliveries_max=4),
            Reason.INVALID_ARGUMENT,
        ),
    ],
)
def test_a_subscription_that_pubsub_would_refuse_is_refused(settings: Settings, reason: Reason) -> None:
    broker = broker_with(Settings(SUBSCRIPTION, TOPIC))
    with pytest.raises(Refusal) as refused:
        broker.create_subscription(settings)
    assert refused.value.reason is reason
