"""Webhook and queue: the receiver stores each event in PostgreSQL and answers; the worker takes it from there."""

from typing import Any

from reference_service.flaws import Flaws
from reference_service.queues import Queue
from reference_service.queues.postgres import PostgresQueue


class QueueArchitecture:
    """The queue is a table in the service's own database, so inbox and queue share one commit."""

    name = "queue"

    def make_queue(self, pool: Any, flaws: Flaws) -> Queue:
        return PostgresQueue(pool, repeats_channels=flaws.repeats_channel_orders)
