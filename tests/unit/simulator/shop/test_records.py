"""What a shop remembers is complete, and takes no more memory with ten times as many rows."""

import gc
import os
from pathlib import Path

import pytest

from stockstorm.simulator.errors import LimitError
from stockstorm.simulator.limits import RECORDS_CACHE_KIB, RECORDS_STEPS_MAX
from stockstorm.simulator.shop.records import INT_MAX, Records, TooMuchWork, within

SCHEMA = "CREATE TABLE things (id INTEGER PRIMARY KEY, body BLOB)"
BODY_BYTES = 1_000


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGESIZE")


def test_rows_beyond_the_cache_stay_readable_and_memory_stays_within_it() -> None:
    records, rows = Records(SCHEMA), 20 * RECORDS_CACHE_KIB * 1024 // BODY_BYTES
    gc.collect()
    before = resident_bytes()
    for number in range(rows):
        records.write("INSERT INTO things VALUES (?, ?)", (number, number.to_bytes(4) * (BODY_BYTES // 4)))
    assert resident_bytes() - before < 3 * RECORDS_CACHE_KIB * 1024
    for number in (0, rows // 2, rows - 1):
        (body,) = records.row("SELECT body FROM things WHERE id = ?", (number,))
        assert body[:4] == number.to_bytes(4)


def test_two_shops_remember_apart() -> None:
    one, other = Records(SCHEMA), Records(SCHEMA)
    one.write("INSERT INTO things VALUES (?, ?)", (1, b""))
    assert (one.rows("SELECT id FROM things", ()), other.row("SELECT id FROM things", ())) == ([(1,)], None)


def test_a_database_that_fails_is_an_error_for_users() -> None:
    records = Records(SCHEMA)
    with pytest.raises(LimitError, match=r"the shop.s records: they cannot be kept .*\n.*TMPDIR"):
        records.write("INSERT INTO things VALUES (?, ?)", ("x", b""))


def test_numbers_beyond_a_column_become_its_bound() -> None:
    assert [within(number) for number in (1 << 70, -(1 << 70), 5)] == [INT_MAX, -INT_MAX, 5]


COUNTS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT count(*) FROM n"
MANY = RECORDS_STEPS_MAX // 20  # a row takes some twelve steps


def test_the_reads_of_one_call_are_bounded_together_and_the_next_call_begins_anew() -> None:
    records = Records("CREATE TABLE t (a INTEGER)")
    records.begin_call()
    with pytest.raises(TooMuchWork):  # noqa: PT012 - one read of them is too much, not each
        for _ in range(3):
            records.row(COUNTS, (MANY,))
    with pytest.raises(TooMuchWork):
        records.rows(COUNTS, (MANY,))
    records.write("INSERT INTO t VALUES (?)", (1,))
    assert records.row("SELECT a FROM t", ()) == (1,)
    records.begin_call()
    assert records.row(COUNTS, (MANY,)) == (MANY,)


def test_reads_outside_of_calls_are_not_bounded() -> None:
    records = Records()
    assert [records.row(COUNTS, (MANY,)) for _ in range(3)] == [(MANY,)] * 3


def test_writes_and_reads_by_id_are_never_too_much_however_many_follow_the_last_call() -> None:
    records = Records(SCHEMA)
    records.begin_call()
    for many in range(RECORDS_STEPS_MAX // 10_000):  # a row takes some thirteen steps
        records.write_all("INSERT INTO things VALUES (?, ?)", [(many * 1_000 + n, b"") for n in range(1_000)])
    for number in range(RECORDS_STEPS_MAX // 5):  # each takes some six
        assert records.by_id("SELECT id FROM things WHERE id = ?", number % 1_000) == (number % 1_000,)
    assert records.row("SELECT max(id) FROM things", ()) == (RECORDS_STEPS_MAX // 10 - 1,)
