"""Flaws of healing: what is left of the feed that reads what was missed, and what poison does to the worker."""

import asyncio
import json
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


class _Records:
    """A handler that keeps the levels that it gets."""

    def __init__(self) -> None:
        self.levels: list[object] = []

    async def apply(self, _: Any, entries: Sequence[Entry]) -> WorkResult:
        self.levels += [json.loads(entry.body)["available"] for entry in entries]
        return WorkResult([])


async def levels_of(seams: Seams) -> list[object]:
    """The quantities that a handler of stock gets, of a level that has one and of one that has none."""
    handler, nothing = _Records(), None
    none: Any = nothing
    wrapped = seams.wrap_handler(WorkType.STOCK, handler)
    for body in (b'{"available": 5}', b'{"available": null}'):
        await wrapped.apply(none, [Entry(1, 1, "shopify", "inventory_levels/update", None, 0, body)])
    return handler.levels


CASES = (
    Case("null_level_as_zero", levels_of, [5, None], [5, 0]),
    Case("no_reconciliation", reconciles_within_a_day, True, False),
    Case("poison_crashes_worker", exit_codes, [], [EXIT_CODE]),
)
