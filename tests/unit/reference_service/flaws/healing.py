"""Flaws of healing: what is left of the feed that reads what was missed, and what poison does to the worker."""

import asyncio
import os
from collections.abc import Sequence
from typing import Any

import pytest

from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.feeds.missed import MissedFeed
from stockstorm.reference_service.flaws.loss.poison_crashes_worker import DELAY_S, EXIT_CODE
from stockstorm.reference_service.handlers import WorkResult
from stockstorm.reference_service.queues.base import Entry
from stockstorm.reference_service.seams import Seams
from tests.unit.reference_service.flaws.case import Case

PERIOD_S = 60.0
GOOD = b'{"topic": "order.created", "order": {"order_id": "o1", "lines": []}}'
POISON = GOOD.replace(b"[]", b"null")


async def reconciles_within_a_day(seams: Seams) -> bool:
    nothing: Any = None
    missed = MissedFeed.__new__(MissedFeed)
    missed.every_s = PERIOD_S
    (kept,) = seams.wrap_feeds(nothing, [missed])
    assert isinstance(kept, MissedFeed)
    return kept.every_s <= 86_400


class _Applies:
    """A handler that takes everything."""

    async def apply(self, _: Any, entries: Sequence[Entry]) -> WorkResult:
        del entries
        return WorkResult([])


async def exit_codes(seams: Seams) -> list[int]:
    """With which codes the process would end, on an order that is sound and one whose lines are null."""
    handler, codes, nothing = seams.wrap_handler(WorkType.CHANNEL, _Applies()), list[int](), None
    none: Any = nothing
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "_exit", codes.append)
        for body in (GOOD, POISON):
            await handler.apply(none, [Entry(1, 1, "bazaar", "order.created", None, 0, body)])
        await asyncio.sleep(2 * DELAY_S)
    return codes


CASES = (
    Case("no_reconciliation", reconciles_within_a_day, True, False),
    Case("poison_crashes_worker", exit_codes, [], [EXIT_CODE]),
)
