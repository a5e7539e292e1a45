"""The load shape that ends a run: only after quiesce, since retries and late stock changes still need the senders."""

from typing import Any

from locust import LoadTestShape

HOSTS = 10  # Locust users that host connections; each hosts as many as the open model needs


class UntilQuiet(LoadTestShape):
    """Holds the users until the driver says that the history is closed."""

    def tick(self) -> tuple[int, float] | None:
        driver: Any = getattr(getattr(self.runner, "environment", None), "stockstorm", None)
        if driver is not None and driver.finished:
            return None
        return HOSTS, float(HOSTS)
