"""The ways in which events travel from Shopify to the worker, one a file; REFERENCE_ARCHITECTURE chooses by name."""

from collections.abc import Mapping
from typing import Any, Protocol

from reference_service.architectures.queue import QueueArchitecture
from reference_service.flaws import Flaws
from reference_service.queues import Queue


class Architecture(Protocol):
    """How events travel."""

    name: str

    def make_queue(self, pool: Any, flaws: Flaws) -> Queue:
        """The queue between receiver and worker; both processes make one over the same database."""
        ...


ARCHITECTURES: Mapping[str, Architecture] = {architecture.name: architecture for architecture in (QueueArchitecture(),)}
