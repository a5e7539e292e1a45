"""What an architecture is, and what those without a receiver share."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.settings import BadSettings, Settings
from stockstorm.reference_service.storage.database import Pool
from stockstorm.reference_service.wiring import WORKER, Inbox, Process, Wiring


class Architecture(Protocol):
    """A way for events to reach the worker. Both contexts stay open for the life of their process."""

    @property
    def name(self) -> str: ...

    @property
    def processes(self) -> Sequence[Process]:
        """RECEIVER and WORKER, or WORKER alone."""
        ...

    @property
    def reconciles(self) -> bool:
        """Whether changes are delivered to it, so that some may be missing. False: it reads everything anyway."""
        ...

    def open_receiver(self, settings: Settings, pool: Pool, seams: Seams) -> AbstractAsyncContextManager[Inbox]:
        """The inbox of the receiver. Never called for an architecture without a receiver."""
        ...

    def open_worker(self, settings: Settings, pool: Pool, seams: Seams) -> AbstractAsyncContextManager[Wiring]:
        """The wiring of the worker."""
        ...


class WorkerAlone:
    """Base class of the architectures without a receiver."""

    processes = (WORKER,)
    reconciles = False

    def open_receiver(self, settings: Settings, pool: Pool, seams: Seams) -> AbstractAsyncContextManager[Inbox]:  # noqa: ARG002 - the protocol's
        raise no_receiver(settings)


def no_receiver(settings: Settings) -> BadSettings:
    """The error for a receiver that is started with an architecture that has none."""
    return BadSettings(f"REFERENCE_ARCHITECTURE: {settings.architecture!r} has no receiver; start the worker alone")
