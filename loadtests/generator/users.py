"""Locust users that host the connections to the subject, and the load shape that keeps them until the run is over.

The plan decides when something is sent; users only send. The shape ends after quiesce, because retries and late stock
changes still need the connections.
"""

from collections.abc import Callable

import gevent
from gevent.pool import Group
from locust import LoadTestShape, User, task
from locust.env import Environment
from locust.exception import StopUser

from stockstorm.loadtests.generator.session import Session
from stockstorm.loadtests.limits import CONNECTION_HOSTS, HOST_POLL_S


class ConnectionHost(User):
    """Hosts a share of the pool's connections, each in a greenlet, until the run is over."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._connections = Group()

    @task
    def hold(self) -> None:
        while (session := _session_of(self.environment)) is None or not session.started:
            if session is not None and session.finished:
                raise StopUser
            gevent.sleep(HOST_POLL_S)
        session.hosts.append(self)
        session.ended.wait()
        raise StopUser

    def spawn(self, serve: Callable[[], None]) -> None:
        """Hosts one more connection."""
        self._connections.spawn(serve)

    def on_stop(self) -> None:
        """Ends the greenlets. The driver closed the pool before, so no connection is cut off."""
        self._connections.kill(block=False)


class UntilQuiet(LoadTestShape):
    """Keeps the users until the history is closed."""

    def tick(self) -> tuple[int, float] | None:
        session = _session_of(getattr(self.runner, "environment", None))
        if session is not None and session.finished:
            return None
        return CONNECTION_HOSTS, float(CONNECTION_HOSTS)


def _session_of(environment: Environment | None) -> Session | None:
    """The session that the locustfile keeps at Locust's environment; None between two test starts."""
    return getattr(environment, "stockstorm", None)
