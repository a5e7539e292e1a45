"""A plan in a file: written while it is made and read while it is played, so that memory holds no length of it."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from stockstorm.simulator.config import WorldConfig
from stockstorm.simulator.plan.items import AnyPlanItem, header_line, item_line
from stockstorm.simulator.plan.planner import plan_drafts
from stockstorm.simulator.plan.schedule import starts_ns

COPY_BYTES: Final = 1 << 20
_decode: Final = msgspec.json.Decoder[AnyPlanItem](AnyPlanItem).decode


class PlanSummary(msgspec.Struct, frozen=True):
    """What is known of a plan beside its items. `digest` is the SHA-256 of its lines, hexadecimal."""

    duration_ns: int
    expected_events: int
    items: int
    digest: str


def write_plan(
    write: Callable[[bytes], object], scenario: str, config: WorldConfig, seed: int, spool_in: Path | None = None
) -> PlanSummary:
    """Write the lines of a plan, as `Plan.lines` has them. Raises LimitError for too many items, OSError of the disk.

    The items are spooled in the folder `spool_in`, because the header, which comes first, counts them.
    """
    events = items = 0
    duration_ns = starts_ns(config.phases)[-1]
    with tempfile.TemporaryFile(dir=spool_in) as spool:
        for items, draft in enumerate(plan_drafts(config, seed), 1):
            events += draft.events
            spool.write(item_line(draft.item(items - 1)))
        spool.seek(0)
        digested = _Digested(write)
        digested.write(header_line(scenario, seed, duration_ns, expected_events=events, items=items))
        shutil.copyfileobj(spool, digested, COPY_BYTES)
    return PlanSummary(duration_ns, events, items, digested.total.hexdigest())


class _Digested:
    """Passes bytes on and hashes them."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self.total = hashlib.sha256()

    def write(self, data: bytes) -> None:
        self.total.update(data)
        self._write(data)


class StoredPlan(msgspec.Struct, frozen=True):
    """The plan of a run, in its folder."""

    path: Path
    summary: PlanSummary

    def items(self) -> Iterator[AnyPlanItem]:
        """The items in order, read as they are taken."""
        with self.path.open("rb") as file:
            next(file)  # the header
            yield from map(_decode, file)


def store_plan(path: Path, scenario: str, config: WorldConfig, seed: int) -> StoredPlan:
    """Make the plan of a run and write it to a file."""
    with path.open("wb") as file:
        return StoredPlan(path, write_plan(file.write, scenario, config, seed, path.parent))


def plan_digest(scenario: str, config: WorldConfig, seed: int) -> str:
    """The digest of a plan, which is written nowhere."""
    return write_plan(_drop, scenario, config, seed).digest


def _drop(_data: bytes) -> None:
    pass
