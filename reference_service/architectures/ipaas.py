"""iPaaS: a scheduled flow on a vendor's platform. docs/ipaas.md cites what vendors document about such flows.

REFERENCE_FLOW_INTERVAL_S: seconds between triggers (120: a plan for professionals; vendors offer 60 to 900).
REFERENCE_FLOW_STEP_S: latency of a step (0.2: an assumption, no vendor states one). REFERENCE_FLOW_TASKS_MAX: tasks of
one run (600: the 100 new records of a poll, six steps each). When the flow is switched on or moved to another machine,
it starts with a bulk load of all listings. The platform's own store is PostgreSQL. Orders and cursors are committed
together, so a kill loses nothing: the next run starts at the last commit.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from stockstorm.reference_service.architectures.architecture import WorkerAlone
from stockstorm.reference_service.feeds.polling import IntervalFeed
from stockstorm.reference_service.feeds.scheduled_flow import ScheduledFlow
from stockstorm.reference_service.seams import Seams
from stockstorm.reference_service.settings import Settings
from stockstorm.reference_service.storage.database import Pool
from stockstorm.reference_service.wiring import Feed, Parts, Wiring


class Ipaas(WorkerAlone):
    """A trigger at an interval, then one record at a time."""

    name = "ipaas"

    @asynccontextmanager
    async def open_worker(self, settings: Settings, pool: Pool, seams: Seams) -> AsyncIterator[Wiring]:  # noqa: ARG002 - the protocol's
        yield Wiring(work_types=(), feeds=_feeds, continuous=False, orders_per_write_max=1)


def _feeds(parts: Parts) -> Sequence[Feed]:
    settings = parts.settings
    flow = ScheduledFlow(parts, tasks_max=settings.flow_tasks_max, step_s=settings.flow_step_s)
    return [IntervalFeed("flow", settings.flow_interval_s, flow.run_once, at_start=False)]
