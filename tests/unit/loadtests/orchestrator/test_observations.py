import tracemalloc
from pathlib import Path

import pytest

from stockstorm.loadtests.orchestrator.observations import Observations
from stockstorm.simulator.errors import LimitError
from stockstorm.simulator.history.facts import ProcessSeen, ResourcesSampled


def sample(number: int) -> ResourcesSampled:
    return ResourcesSampled(at_ns=number, process="worker", cpu_ns=number, rss_bytes=1_000)


def test_facts_are_kept_in_order(tmp_path: Path) -> None:
    observations = Observations(tmp_path)
    seen = ProcessSeen(at_ns=1, process="worker", pid=7, wall_ns=2)
    observations.append(seen)
    observations.extend([sample(2), sample(3)])
    observations.extend([])
    assert list(observations) == [seen, sample(2), sample(3)]
    assert list(tmp_path.iterdir()) == []


def test_ten_thousand_samples_take_no_memory(tmp_path: Path) -> None:
    observations = Observations(tmp_path)
    tracemalloc.start()
    try:
        for number in range(10_000):
            observations.append(sample(number))
        kept, _ = tracemalloc.get_traced_memory()
        assert kept < 10_000
        assert sum(1 for _ in observations) == 10_000
    finally:
        tracemalloc.stop()


def test_a_full_disk_is_an_error_for_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    observations = Observations(tmp_path)

    class Full:
        def write(self, _data: bytes) -> None:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(observations, "_file", Full())
    with pytest.raises(LimitError, match=r"orchestrator: its own facts cannot be kept in .*No space left"):
        observations.append(sample(1))
