"""Space is required before a run, in all for folders of one disk, and a reserve is kept during it."""

from pathlib import Path

import pytest

from stockstorm.loadtests.limits import DATABASE_LOG_MAX_BYTES
from stockstorm.loadtests.orchestrator import disks
from stockstorm.loadtests.orchestrator.disks import Disk, check_space, database_disk, require_space, run_disk
from stockstorm.simulator.errors import BackingError, LimitError


def free(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(Disk, "free", lambda _: count)


def test_a_run_that_will_not_fit_is_refused_with_path_and_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_disk(tmp_path, events=100_000)
    free(monkeypatch, run.wanted + run.reserve - 1)
    with pytest.raises(LimitError) as caught:
        require_space([run])
    assert f"58.0 MB are free in {tmp_path}, and the run needs about 58.0 MB" in str(caught.value)
    assert "--runs" in caught.value.remedy
    free(monkeypatch, run.wanted + run.reserve)
    require_space([run])


def test_folders_of_one_disk_need_their_sum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, database = run_disk(tmp_path, 1_000), database_disk(tmp_path, 1_000)
    needed = run.wanted + run.reserve + database.wanted + database.reserve
    free(monkeypatch, needed - 1)
    with pytest.raises(BackingError, match="STOCKSTORM_POSTGRES_FOLDER"):
        require_space([run, database])
    monkeypatch.setattr(Disk, "device", lambda disk: hash(disk.what))
    require_space([run, database])


def test_during_a_run_the_reserve_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_disk(tmp_path, 1_000)
    free(monkeypatch, run.reserve)
    check_space([run])
    free(monkeypatch, run.reserve - 1)
    with pytest.raises(LimitError, match=f"no space left on device: 10.0 MB are free in {tmp_path}"):
        check_space([run])


def test_the_write_ahead_log_of_a_database_is_bounded(tmp_path: Path) -> None:
    small, large, larger = (database_disk(tmp_path, events).wanted for events in (1_000, 1_000_000, 2_000_000))
    assert small < 40 * disks.MB
    assert larger - large == 2_000 * 1_000_000 < DATABASE_LOG_MAX_BYTES


def test_a_folder_that_cannot_be_asked_ends_nothing(tmp_path: Path) -> None:
    disk = run_disk(tmp_path / "gone", 10.0)
    check_space([disk])
    assert disk.free() == disk.reserve
