"""The connection pool: hosts, growth, addresses, closing."""

import socket
import time
from collections.abc import Callable, Iterator

import gevent
import pytest

from stockstorm.simulator.clock import MILLISECOND_NS
from stockstorm.simulator.delivery.attempts import Address, Answer, Outgoing
from stockstorm.simulator.errors import SubjectError
from stockstorm.simulator.io.senders.pool import ConnectionPool
from stockstorm.simulator.io.senders.resolver import Endpoint, Resolver
from tests.contract.scripted_server import OK, Connection, Server, answer_all
from tests.contract.sending import Sending


def slow(connection: Connection) -> None:
    while connection.request():
        gevent.sleep(0.05)
        connection.send(OK)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server(answer_all)
    yield server
    server.close()


@pytest.fixture
def slow_server() -> Iterator[Server]:
    server = Server(slow)
    yield server
    server.close()


def hosts_of(pool: ConnectionPool, count: int) -> list[gevent.Greenlet]:
    """Hosts that exist before the first attempt, as Locust users do."""
    hosts = [gevent.spawn(pool.serve) for _ in range(count)]
    gevent.sleep(0)
    return hosts


def test_idle_hosts_are_used_before_new_ones_are_spawned(server: Server) -> None:
    sender = Sending(server.port)
    spawned: list[Callable[[], None]] = []
    sender.pool.spawn = spawned.append
    hosts_of(sender.pool, 3)
    sender.submit(3)
    sender.wait()
    assert (spawned, sender.pool.connections_peak) == ([], 3)
    sender.pool.close(1.0)


def test_the_pool_grows_by_its_spawn_function(server: Server) -> None:
    sender = Sending(server.port)
    spawned: list[Callable[[], None]] = []
    sender.pool.spawn = spawned.append
    sender.submit(2)
    assert (spawned, sender.pool.waiting) == ([sender.pool.serve] * 2, 2)
    for serve in spawned:
        gevent.spawn(serve)
    assert [answer.status for answer in sender.wait()] == [200, 200]
    sender.pool.close(1.0)


def test_an_attempt_whose_host_is_killed_ends_as_disconnected(slow_server: Server) -> None:
    sender = Sending(slow_server.port)
    host = hosts_of(sender.pool, 1)[0]
    sender.submit()
    gevent.sleep(0.02)
    host.kill()
    assert [answer.error for answer in sender.wait()] == ["disconnected"]
    assert sender.one().status == 200  # the pool goes on with a new host
    sender.pool.close(1.0)


def test_connections_to_one_address_make_way_for_another_at_the_limit(server: Server) -> None:
    other = Server(answer_all)
    sender = Sending(server.port, limit=2)
    sender.submit(2)
    sender.wait()
    sender.address = Address(host="127.0.0.1", port=other.port, path="/")
    assert [sender.one().status for _ in range(2)] == [200, 200]
    assert (sender.pool.connections, other.connections) == (2, 1)
    sender.pool.close(1.0)
    other.close()


def test_a_queued_attempt_to_another_address_is_not_sent_to_the_wrong_one(slow_server: Server) -> None:
    other = Server(answer_all)
    sender = Sending(slow_server.port, limit=1)
    sender.submit()
    sender.address = Address(host="127.0.0.1", port=other.port, path="/")
    sender.submit()
    sender.wait()
    assert (len(slow_server.requests), len(other.requests)) == (1, 1)
    sender.pool.close(1.0)
    other.close()


def test_closing_waits_for_what_is_in_flight_or_queued(slow_server: Server) -> None:
    sender = Sending(slow_server.port, limit=2)
    sender.submit(4)
    assert sender.pool.close(2.0) == 0
    assert [answer.status for _, answer in sender.answers] == [200] * 4


def test_closing_counts_the_attempts_that_are_left_and_reports_no_answer_for_them(slow_server: Server) -> None:
    sender = Sending(slow_server.port, limit=2)
    sender.submit(5)
    gevent.sleep(0.01)
    assert sender.pool.close(0.0) == 5
    gevent.sleep(0.1)
    assert (sender.answers, sender.pool.connections) == ([], 0)


def test_closing_ends_every_host_idle_or_busy_or_connecting(slow_server: Server) -> None:
    sender = Sending(slow_server.port)
    hosts = hosts_of(sender.pool, 4)
    sender.submit(2)
    sender.pool.close(0.01)
    gevent.sleep(0)
    assert all(host.ready() and host.successful() for host in hosts)


def test_a_closed_pool_takes_no_attempt(server: Server) -> None:
    sender = Sending(server.port)
    sender.pool.close(0.0)
    with pytest.raises(RuntimeError, match="stop the dispatcher first"):
        sender.submit()


def test_an_attempt_submitted_from_within_an_answer_is_sent(server: Server) -> None:
    answers: list[int] = []

    def on_answer(outgoing: Outgoing, answer: Answer) -> None:
        answers.append(answer.status)
        if len(answers) < 5:
            pool.submit(outgoing)

    pool = ConnectionPool(time.monotonic_ns, on_answer, 10)
    head = b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
    pool.submit(Outgoing(1, 1, time.monotonic_ns(), Address("127.0.0.1", server.port, "/"), head, b""))
    with gevent.Timeout(2):
        while len(answers) < 5:
            gevent.sleep(0.001)
    assert answers == [200] * 5
    pool.close(1.0)


def test_many_attempts_at_once_are_each_answered_once(server: Server) -> None:
    sender = Sending(server.port, limit=40)
    sender.submit(1_000)
    sender.wait(timeout_s=20)
    assert sorted(outgoing.delivery for outgoing, _ in sender.answers) == list(range(1, 1_001))
    assert all(answer.status == 200 for _, answer in sender.answers)
    sender.pool.close(1.0)


def test_an_answer_after_the_limit_is_a_timeout_even_when_the_sweep_is_late() -> None:
    def script(connection: Connection) -> None:
        connection.request()
        gevent.sleep(0.4)
        connection.send(OK)

    server = Server(script)
    sender = Sending(server.port, answer_limit_ns=200 * MILLISECOND_NS)
    answer = sender.one()
    assert (answer.status, answer.error) == (0, "answer_timeout")
    sender.pool.close(0.0)
    server.close()


def test_an_unknown_host_is_an_outcome_of_its_own_and_ends_no_greenlet(server: Server) -> None:
    def look(host: str, port: int) -> list[Endpoint]:
        if host == "nowhere.invalid":
            raise OSError(-2, "Name or service not known")
        return [(socket.AF_INET, ("127.0.0.1", port))]

    reported: list[SubjectError] = []
    sender = Sending(server.port, host="nowhere.invalid", limit=1, resolver=Resolver(look, reported.append))
    assert [sender.one().error for _ in range(3)] == ["unknown_host"] * 3
    assert len(reported) == 1
    sender.address = Address("shop.example", server.port, "/webhooks")
    assert sender.one().status == 200
    sender.pool.close(1.0)
