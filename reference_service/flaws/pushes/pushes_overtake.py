"""Pushes run at the same time, so an older one can arrive after a newer one."""

import asyncio
import random
from collections.abc import Mapping
from contextlib import suppress
from typing import ClassVar

from msgspec.structs import replace

from stockstorm.reference_service.clients.marketplace import Marketplace, MarketplaceCallFailed, Pushed
from stockstorm.reference_service.seams import Seams

LATE_MAX_S = 0.3


class _Marketplace(Marketplace):
    _under_way: ClassVar[set[asyncio.Task[None]]] = set()

    async def push(self, quantities: Mapping[str, int]) -> Pushed:
        task = asyncio.create_task(self._push_late(dict(quantities)))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return Pushed(len(quantities))

    async def _push_late(self, quantities: Mapping[str, int]) -> None:
        await asyncio.sleep(random.uniform(0.0, LATE_MAX_S))
        with suppress(MarketplaceCallFailed):
            await super().push(quantities)


def compose(seams: Seams) -> Seams:
    """Fire and forget."""
    return replace(seams, make_marketplace=_Marketplace)
