"""The log of PostgreSQL: a full disk, a panic and a killed process are found, and what a subject wrote is not."""

from pathlib import Path

import pytest

from stockstorm.loadtests.backing.postgres import log_watch
from stockstorm.loadtests.backing.postgres.log_watch import LogWatch

HEAD = "2026-11-27 07:00:00.123 UTC [41] "


@pytest.mark.parametrize(
    "entry",
    [
        'ERROR:  could not extend file "base/5/16390": No space left on device',
        'ERROR:  could not extend file "base/5/16390": wrote only 4096 of 8192 bytes at block 3',
        'ERROR:  could not write to file "base/pgsql_tmp/pgsql_tmp41.0": Disk quota exceeded',
        'PANIC:  could not write to file "pg_wal/xlogtemp.41": No space left on device',
        'FATAL:  could not open file "global/pg_filenode.map": Input/output error',
        "LOG:  server process (PID 77) was terminated by signal 9: Killed",
        "LOG:  checkpointer process (PID 77) was terminated by signal 11: Segmentation fault",
    ],
)
def test_failures_of_the_server_are_found(entry: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(f"{HEAD}LOG:  database system is ready\n{HEAD}{entry}\n\tcontinued\n")
    watch = LogWatch(log)
    assert watch.sign() == entry.replace(":  ", ": ", 1)
    assert watch.sign() == ""


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}STATEMENT:  select 'PANIC:  No space left on device'",
        f'{HEAD}ERROR:  invalid input syntax for type json: "No space left on device"',
        "PANIC:  No space left on device",
        "\tNo space left on device",
        f"{HEAD}FATAL:  terminating connection due to administrator command",
        f"{HEAD}LOG:  database system was not properly shut down; automatic recovery in progress",
        "",
    ],
)
def test_what_a_subject_wrote_and_what_is_usual_is_no_sign(text: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(text)
    assert LogWatch(log).sign() == ""


def test_only_the_end_of_a_huge_part_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_watch, "PART_MAX_BYTES", 200)
    log = tmp_path / "log"
    log.write_text(f"{HEAD}PANIC:  first\n" + "x" * 1_000 + f"\n{HEAD}PANIC:  {'y' * 60}\n")
    assert LogWatch(log).sign() == f"PANIC: {'y' * 60}"


def test_a_log_that_is_missing_is_silent(tmp_path: Path) -> None:
    assert LogWatch(tmp_path / "none").sign() == ""
