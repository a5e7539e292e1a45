"""A run of the flow leaves nothing pending that it has done."""

import random
from types import SimpleNamespace
from typing import Any, cast

import pytest

from stockstorm.reference_service.domain.topics import WorkType
from stockstorm.reference_service.feeds.scheduled_flow import ScheduledFlow
from stockstorm.reference_service.sync.signals import Signals
from stockstorm.reference_service.wiring import Parts


class Writer:
    """Has one batch to write, after which some level is doubtful."""

    def __init__(self, signals: Signals) -> None:
        self._signals, self.batches = signals, 1

    async def has_work(self) -> bool:
        return self.batches > 0

    async def write_once(self) -> bool:
        self.batches -= 1
        self._signals.request_reread()
        return True


class StockPoll:
    """Finds no change."""

    def __init__(self, _: Parts) -> None: ...

    async def read(self) -> None: ...


class Reader:
    async def read_doubtful(self) -> bool:
        return False


@pytest.mark.asyncio
async def test_what_was_written_and_read_is_no_longer_requested(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: Any) -> None: ...

    monkeypatch.setattr(ScheduledFlow, "_process", nothing)
    monkeypatch.setattr("stockstorm.reference_service.feeds.scheduled_flow.StockPoll", StockPoll)
    signals = Signals()
    parts = SimpleNamespace(
        pool=None,
        handlers={WorkType.CHANNEL: None},
        announce=None,
        rng=random.Random(1),
        pushers={},
        signals=signals,
        writer=Writer(signals),
        reader=Reader(),
    )
    signals.request_write()
    flow = ScheduledFlow(cast(Parts, parts), tasks_max=100, step_s=0.0)
    await flow.run_once()
    assert not signals.admin_work.is_set()
    assert parts.writer.batches == 0
