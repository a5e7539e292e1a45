"""One behaviour suite for every cloud queue of a run: SQS by fauxqs, moto and LocalStack, Pub/Sub by our double and
Google's emulator.

Without fauxqs or an image, their tests are skipped with the reason. All others always run.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from stockstorm.loadtests.backing.cloud.aws import sqs_depth
from stockstorm.loadtests.backing.cloud.base import CloudBacking, PubSubBacking, QueueRules, SqsBacking
from stockstorm.loadtests.backing.containers import LOCALSTACK_IMAGE, PUBSUB_IMAGE
from stockstorm.simulator.errors import BackingError
from tests.contract.availability import CONTAINER, why_fauxqs_is_unavailable, why_image_is_unavailable
from tests.contract.cloud_queues import CloudQueue, Received, SqsClient, client_of, empty_queue, open_backing

DELIVERIES_MAX = 5
LEASE_S = 10
SHORTEST_LEASES_S = {"docker-pubsub": LEASE_S}  # Google's emulator accepts no shorter one
PATIENCE_S = 15.0
MEASURED = ["fauxqs", "moto", "double"]
IMAGES = {"docker-sqs": LOCALSTACK_IMAGE, "docker-pubsub": PUBSUB_IMAGE}
CONTAINERS = [pytest.param(kind, marks=CONTAINER) for kind in IMAGES]

RULES = QueueRules(lease_s=LEASE_S, deliveries_max=DELIVERIES_MAX)

Open = Callable[[], AbstractContextManager[CloudBacking]]


@pytest.fixture(scope="module")
def fauxqs_is_there(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skips with the reason unless fauxqs is installed."""
    if why := why_fauxqs_is_unavailable(tmp_path_factory.mktemp("fauxqs")):
        pytest.skip(f"fauxqs NOT tested: {why}")


def shortest_rules(kind: str) -> QueueRules:
    return QueueRules(lease_s=SHORTEST_LEASES_S.get(kind, 2), deliveries_max=DELIVERIES_MAX)


def skip_unless_available(kind: str, request: pytest.FixtureRequest) -> None:
    if kind == "fauxqs":
        request.getfixturevalue("fauxqs_is_there")
    if (image := IMAGES.get(kind, "")) and (why := why_image_is_unavailable(image)):
        pytest.skip(f"{kind} NOT tested: {why}")


@pytest.fixture(scope="module", params=[*MEASURED, *CONTAINERS])
def kind(request: pytest.FixtureRequest) -> str:
    skip_unless_available(request.param, request)
    return str(request.param)


@pytest.fixture(scope="module")
def backing(kind: str) -> Iterator[SqsBacking | PubSubBacking]:
    """One emulator for all tests that only need a queue."""
    with open_backing(kind, shortest_rules(kind)) as opened:
        yield opened


@pytest.fixture
def queue(backing: SqsBacking | PubSubBacking) -> Iterator[CloudQueue]:
    """An empty queue."""
    with client_of(empty_queue(backing, RULES)) as client:
        yield client


@pytest.fixture(params=MEASURED)
def measured(request: pytest.FixtureRequest) -> Open:
    skip_unless_available(request.param, request)
    return lambda: open_backing(request.param, RULES)


@pytest.fixture(params=["fauxqs", "moto"])
def measured_sqs(request: pytest.FixtureRequest) -> Open:
    skip_unless_available(request.param, request)
    return lambda: open_backing(request.param, RULES)


@pytest.fixture(params=CONTAINERS)
def contained(request: pytest.FixtureRequest) -> Open:
    skip_unless_available(request.param, request)
    return lambda: open_backing(request.param, RULES)


def within_patience(receive: Callable[[], list[Received]], patience_s: float = PATIENCE_S) -> list[Received]:
    """The first messages that come, or none in that time."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if found := receive():
            return found
        time.sleep(0.05)
    return []


def test_sent_messages_are_received(queue: CloudQueue) -> None:
    sent = {f"Größe {number}" for number in range(12)}
    for body in sent:
        queue.send(body)
    got: list[Received] = []
    while len(got) < len(sent) and (found := within_patience(queue.receive)):
        got += found
    assert {one.body for one in got} == sent
    assert len(got) == len(sent)


def test_a_leased_message_is_exclusive_and_returns_when_the_lease_ends(queue: CloudQueue) -> None:
    queue.send("a")
    (first,) = within_patience(queue.receive)
    queue.lease(first.handle, 5)
    began = time.monotonic()
    assert within_patience(queue.receive, 0.5) == []
    (again,) = within_patience(queue.receive)
    assert again.body == "a"
    assert 4.0 < time.monotonic() - began < PATIENCE_S


def test_the_lease_that_the_rules_give_ends_by_itself(backing: SqsBacking | PubSubBacking, kind: str) -> None:
    rules = shortest_rules(kind)
    with client_of(empty_queue(backing, rules)) as queue:
        queue.send("a")
        assert within_patience(queue.receive)
        began = time.monotonic()
        (again,) = within_patience(queue.receive)
        assert again.body == "a"
        assert rules.lease_s - 1.5 < time.monotonic() - began < rules.lease_s + 7


def test_an_acknowledged_message_never_returns(queue: CloudQueue) -> None:
    queue.send("a")
    (first,) = within_patience(queue.receive)
    queue.lease(first.handle, 1)
    queue.acknowledge(first.handle)
    assert within_patience(queue.receive, 2.5) == []


def test_a_message_that_fails_too_often_becomes_a_dead_letter(queue: CloudQueue) -> None:
    queue.send("poison")
    for _ in range(DELIVERIES_MAX):
        (one,) = within_patience(queue.receive)
        queue.lease(one.handle, 0)
    assert within_patience(queue.receive, 1.0) == []
    (dead,) = within_patience(queue.receive_dead_letters)
    assert dead.body == "poison"


def test_a_queue_counts_its_messages_until_they_are_acknowledged(measured_sqs: Open) -> None:
    """The count that tells that a run is at rest: leased messages are in it, acknowledged ones are not."""
    with measured_sqs() as backing:
        assert isinstance(backing, SqsBacking)
        queue, depth = SqsClient(backing), sqs_depth(backing.queue, backing.environment)
        assert depth() == 0
        queue.send("a")
        queue.send("b")
        assert depth() == 2
        (taken, *_) = within_patience(queue.receive)
        assert depth() == 2
        queue.acknowledge(taken.handle)
        assert depth() == 1
    with pytest.raises(BackingError):
        depth()


def test_two_runs_share_nothing(queue: CloudQueue, kind: str) -> None:
    first = queue
    with open_backing(kind, RULES) as other, client_of(other) as second:
        first.send("only here")
        assert within_patience(second.receive, 1.0) == []
        assert [one.body for one in within_patience(first.receive)] == ["only here"]


def test_an_emulator_is_described_with_its_capacity_and_gone_afterwards(measured: Open) -> None:
    with measured() as backing:
        pids = backing.processes()
        assert "emulated by" in backing.description
        assert backing.ceiling_per_s is not None
        assert f"measured ceiling {backing.ceiling_per_s:,.0f} events/s" in backing.description
        assert pids
        assert all(Path(f"/proc/{pid}").exists() for pid in pids)
    assert backing.processes() == []


def test_a_container_is_described_with_its_image_and_as_not_measured(contained: Open) -> None:
    with contained() as backing:
        assert any(f"in Docker ({image}), ceiling not measured" in backing.description for image in IMAGES.values())
        assert (backing.ceiling_per_s, backing.processes()) == (None, [])
