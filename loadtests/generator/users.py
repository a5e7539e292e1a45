"""Locust users that host the connections to the subject. The schedule decides; users only send.

The load shape that ends a run: only after quiesce, since retries and late stock changes still need the senders.
"""

from typing import Any

import gevent
from gevent.pool import Group
from locust import LoadTestShape, User, task
from locust.exception import StopUser


class ConnectionHost(User):
    """Hosts a share of the pool's connections as greenlets of its own; ends when the run is over."""

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self._connections = Group()

    @task
    def hold(self) -> None:
        driver = self.environment.stockstorm
        while driver is None or not driver.started:
            if driver is not None and driver.finished:
                raise StopUser
            gevent.sleep(0.05)
            driver = self.environment.stockstorm
        driver.hosts.append(self)
        driver.ended.wait()
        raise StopUser

    def spawn(self, serve: Any) -> None:
        """Starts one more connection in this user."""
        self._connections.spawn(serve)

    def on_stop(self) -> None:
        """No connection is left at the end of a run: the driver closed the pool before, so none is cut off here."""
        self._connections.kill(block=False)


HOSTS = 10  # Locust users that host connections; each hosts as many as the open model needs


class UntilQuiet(LoadTestShape):
    """Holds the users until the driver says that the history is closed."""

    def tick(self) -> tuple[int, float] | None:
        driver: Any = getattr(getattr(self.runner, "environment", None), "stockstorm", None)
        if driver is not None and driver.finished:
            return None
        return HOSTS, float(HOSTS)
