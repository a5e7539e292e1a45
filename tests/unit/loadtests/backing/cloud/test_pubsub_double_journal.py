"""The double that is killed and started again has every message that was published and not acknowledged."""

from pathlib import Path

import pytest
from google.pubsub_v1 import types

from stockstorm.loadtests.backing.cloud.pubsub import clients, open_pubsub
from stockstorm.loadtests.backing.pubsub_double.__main__ import make_broker
from stockstorm.loadtests.backing.pubsub_double.broker import Broker
from stockstorm.loadtests.backing.pubsub_double.journal import read
from stockstorm.loadtests.backing.pubsub_double.subscription import Consumer, Handout, Message, Settings

S_NS = 1_000_000_000
TOPIC, DEAD = "projects/p/topics/orders", "projects/p/topics/dead"
SUBSCRIPTION, DEAD_SUBSCRIPTION = "projects/p/subscriptions/orders", "projects/p/subscriptions/dead"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def opened(path: Path) -> Broker:
    """The broker of a process that starts now."""
    return make_broker(10_000_000, 10, path)


def filled(path: Path, *bodies: str) -> Broker:
    broker = opened(path)
    broker.create_topic(TOPIC)
    broker.create_topic(DEAD)
    broker.create_subscription(Settings(SUBSCRIPTION, TOPIC, dead_letter_topic=DEAD, deliveries_max=5))
    broker.create_subscription(Settings(DEAD_SUBSCRIPTION, DEAD))
    wires = [types.PubsubMessage.pb()(data=body.encode()) for body in bodies]
    broker.publish(TOPIC, [Message(wire, wire.ByteSize()) for wire in wires])
    return broker


def take(broker: Broker, name: str = SUBSCRIPTION) -> list[Handout]:
    return broker.subscription(name).take(Consumer(), 10, 0)


def bodies(handouts: list[Handout]) -> list[str]:
    return [handout.message.wire.data.decode() for handout in handouts]


def test_what_was_not_acknowledged_is_there_in_order_and_may_be_taken_again(path: Path) -> None:
    first = filled(path, "a", "b", "c")
    leased = take(first)
    first.acknowledge(SUBSCRIPTION, [leased[1].ack_id])
    again = opened(path)
    assert again.size_bytes == first.size_bytes
    assert bodies(take(again)) == ["a", "c"]
    assert again.subscription(SUBSCRIPTION).settings == first.subscription(SUBSCRIPTION).settings


def test_an_acknowledgement_of_the_time_before_ends_no_lease_of_another_message(path: Path) -> None:
    old = {handout.ack_id for handout in take(filled(path, "a", "b"))}
    again = opened(path)
    new = {handout.ack_id for handout in take(again)}
    assert not old & new
    again.acknowledge(SUBSCRIPTION, old)
    assert bodies(take(opened(path))) == ["a", "b"]


def test_dead_letters_and_later_messages_survive_a_second_crash(path: Path) -> None:
    broker = filled(path, "a")
    for _ in range(5):
        (handout,) = take(broker)
        broker.modify(SUBSCRIPTION, [handout.ack_id], 0, 0)
    second = opened(path)
    second.publish(TOPIC, [Message(types.PubsubMessage.pb()(data=b"b"), 3)])
    third = opened(path)
    assert (bodies(take(third)), bodies(take(third, DEAD_SUBSCRIPTION))) == (["b"], ["a"])


def test_what_was_deleted_stays_deleted(path: Path) -> None:
    broker = filled(path, "a")
    broker.delete_subscription(SUBSCRIPTION)
    broker.delete_topic(DEAD)
    again = opened(path)
    assert again.topic(TOPIC).subscriptions == []
    assert again.size_bytes == 0


def test_a_record_that_was_cut_off_is_left_out(path: Path) -> None:
    filled(path, "a")
    records = list(read(path))
    path.write_bytes(path.read_bytes()[:-1])
    assert list(read(path)) == records[:-1]


def test_a_killed_process_continues_at_its_address() -> None:
    with open_pubsub("run", "double") as backing:
        (part,) = backing.parts
        with clients(backing.environment) as use:
            use.publisher.publish(topic=backing.queue.topic, messages=[{"data": b"kept"}], timeout=20)
        part.kill()
        part.start()
        while not part.ready():
            pass
        with clients(backing.environment) as use:
            pulled = use.subscriber.pull(subscription=backing.queue.subscription, max_messages=5, timeout=20)
        assert [one.message.data for one in pulled.received_messages] == [b"kept"]
