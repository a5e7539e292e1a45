"""Which idle connection is taken, and which one is closed. No sockets."""

from dataclasses import dataclass

import pytest

from stockstorm.simulator.io.senders.idle import IdleConnections
from stockstorm.simulator.io.senders.wire import Key

HERE: Key = ("here", 80, False)
THERE: Key = ("there", 443, True)


@dataclass(eq=False)
class Fake:
    """A connection without a socket. `alive` False: its peer has closed it."""

    name: str
    key: Key | None = HERE
    idle_since_ns: int = 0
    alive: bool = True

    def usable(self) -> bool:
        if not self.alive:
            self.drop()
        return self.alive

    def drop(self) -> None:
        self.key = None


@pytest.fixture
def idle() -> IdleConnections[Fake]:
    return IdleConnections()


def test_the_connection_used_last_is_taken_first(idle: IdleConnections[Fake]) -> None:
    first, second = Fake("first"), Fake("second")
    idle.add(first)
    idle.add(second)
    assert [idle.take(HERE), idle.take(HERE), idle.take(HERE)] == [second, first, None]


def test_a_connection_serves_only_the_peer_it_leads_to(idle: IdleConnections[Fake]) -> None:
    idle.add(Fake("here"))
    assert idle.take(THERE) is None


def test_one_that_its_peer_closed_is_not_taken_but_kept_without_a_socket(idle: IdleConnections[Fake]) -> None:
    alive, dead = Fake("alive"), Fake("dead", alive=False)
    idle.add(alive)
    idle.add(dead)
    assert idle.take(HERE) is alive
    assert idle.take_unconnected() is dead
    assert idle.take_unconnected() is None


def test_one_that_is_found_closed_while_idle_moves_to_those_without_a_socket(idle: IdleConnections[Fake]) -> None:
    one = Fake("one")
    idle.add(one)
    one.drop()
    idle.closed_by_peer(one)
    assert (idle.take(HERE), idle.take_unconnected()) == (None, one)


def test_another_peer_gives_up_the_connection_that_was_idle_longest(idle: IdleConnections[Fake]) -> None:
    old, new = Fake("old"), Fake("new")
    idle.add(old)
    idle.add(new)
    assert idle.take_from_another_peer() is old
    assert old.key is None
    assert idle.take(HERE) is new
    assert idle.take_from_another_peer() is None


def test_only_sockets_that_were_idle_too_long_are_closed(idle: IdleConnections[Fake]) -> None:
    connections = [Fake(str(since), idle_since_ns=since) for since in (10, 20, 21)]
    for connection in connections:
        idle.add(connection)
    idle.close_older(20)
    assert [connection.key for connection in connections] == [None, None, HERE]
    assert idle.take(HERE) is connections[2]
    assert {idle.take_unconnected(), idle.take_unconnected()} == set(connections[:2])


def test_a_connection_that_has_ended_is_removed_wherever_it_is(idle: IdleConnections[Fake]) -> None:
    connected, unconnected = Fake("connected"), Fake("unconnected", key=None)
    idle.add(connected)
    idle.add(unconnected)
    for connection in (connected, unconnected, Fake("unknown")):
        idle.remove(connection)
    assert (idle.take(HERE), idle.take_unconnected()) == (None, None)
