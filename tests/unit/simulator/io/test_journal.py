"""The journal on a real disk, and on disks that fail."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from stockstorm.simulator.errors import LimitError
from stockstorm.simulator.history import blocks
from stockstorm.simulator.history.blocks import Block, BlockWriter, Damaged, pieces, read_blocks
from stockstorm.simulator.history.facts import AnyFact, DeliveryEnded, PhaseStarted, decoder, encoder
from stockstorm.simulator.io import journal as journal_module
from stockstorm.simulator.io.journal import Journal

FACTS: list[AnyFact] = [DeliveryEnded(at_ns=number, delivery=number, outcome="acknowledged") for number in range(1000)]


def blocks_of(path: Path) -> list[Block]:
    with path.open("rb") as file:
        return list(read_blocks(pieces(file)))


def lines_of(path: Path) -> bytes:
    return b"".join(block.lines for block in blocks_of(path))


def read(path: Path) -> list[AnyFact]:
    return decoder.decode_lines(lines_of(path))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.jsonl.zst"


def test_facts_are_json_lines_in_the_order_written(path: Path) -> None:
    with Journal(path) as journal:
        for start in range(0, 1000, 10):
            journal.write(FACTS[start : start + 10])
    assert lines_of(path) == b"".join(encoder.encode(fact) + b"\n" for fact in FACTS)


def test_any_iterable_of_facts_is_taken(path: Path) -> None:
    with Journal(path) as journal:
        journal.write(fact for fact in FACTS[:3])
        journal.write(())
    assert read(path) == FACTS[:3]


def test_facts_reach_the_file_without_a_sync(path: Path) -> None:
    journal = Journal(path)
    for round_number in range(1, 4):
        journal.write(FACTS[:10])
        until = time.monotonic() + 2
        while journal.backlog and time.monotonic() < until:
            time.sleep(0.005)
        assert len(read(path)) == 10 * round_number
    journal.close()


def test_after_sync_nothing_is_left_to_write(path: Path) -> None:
    with Journal(path) as journal:
        journal.write(FACTS)
        journal.sync()
        assert (journal.backlog, read(path)) == (0, FACTS)


def test_another_journal_appends_after_the_first_was_closed(path: Path) -> None:
    for part in (FACTS[:5], FACTS[5:9]):
        with Journal(path) as journal:
            journal.write(part)
    assert read(path) == FACTS[:9]


def test_every_block_is_sealed_once_the_journal_is_closed(path: Path) -> None:
    for part in (FACTS[:5], FACTS[5:9]):
        with Journal(path) as journal:
            journal.write(part)
    seals = [block.seal for block in blocks_of(path)]
    assert [(seal.seal, seal.facts) for seal in seals if seal] == [(0, 5), (1, 4)]


def test_a_long_history_has_several_blocks(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 10_000)
    with Journal(path) as journal:
        for start in range(0, 1000, 100):
            journal.write(FACTS[start : start + 100])
            journal.sync()
    assert len(blocks_of(path)) >= 3
    assert read(path) == FACTS


@pytest.mark.parametrize("left", [40, 4_000], ids=["short", "long"])
def test_whole_facts_of_a_dead_process_are_kept_and_its_torn_one_is_taken_off(path: Path, left: int) -> None:
    writer = BlockWriter()
    sealed = writer.add(encoder.encode_lines(FACTS[:10]), 10) + writer.end_block()
    torn = writer.add(encoder.encode_lines(FACTS[10:20]), 10) + writer.add(encoder.encode_lines(FACTS[20:]), 980)
    path.write_bytes(sealed + torn[:left])
    before = read(path)
    assert FACTS[: len(before)] == before
    with Journal(path) as journal:
        journal.write(FACTS[:1])
    assert read(path) == [*before, FACTS[0]]
    assert all(block.seal for block in blocks_of(path))


def test_a_damaged_file_is_not_made_whole_by_writing_on(path: Path) -> None:
    with Journal(path) as journal:
        journal.write(FACTS)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    with Journal(path) as journal:
        journal.write(FACTS[:1])
    with pytest.raises(Damaged):
        read(path)


def test_more_facts_than_the_queue_holds_are_streamed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "STREAM_FACTS", 50)
    with Journal(path, limit=200) as journal:
        journal.write_stream(iter(FACTS))
    assert read(path) == FACTS
    assert not journal.overflowed


@pytest.fixture
def stuck_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
    """Writes wait until the list says True."""
    free = [False]
    write_all = journal_module._write_all

    def slow(fd: int, data: bytes) -> None:
        while not free[0]:
            time.sleep(0.001)
        write_all(fd, data)

    monkeypatch.setattr(journal_module, "_write_all", slow)
    yield free
    free[0] = True


def test_a_full_queue_refuses_the_call_and_loses_nothing_it_took(path: Path, stuck_disk: list[bool]) -> None:
    journal = Journal(path, limit=100)
    journal.write(FACTS[:95])
    with pytest.raises(LimitError, match="100 facts wait to be written"):
        journal.write(FACTS[95:105])
    assert (journal.backlog, journal.overflowed) == (95, True)
    journal.write([PhaseStarted(at_ns=1, phase="end")])  # the end of the run can still be told
    stuck_disk[0] = True
    journal.close()
    assert read(path) == [*FACTS[:95], PhaseStarted(at_ns=1, phase="end")]


def test_a_disk_that_fails_is_an_error_with_a_remedy(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(fd: int, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(journal_module, "_write_all", full)
    journal = Journal(path)
    journal.write(FACTS[:1])
    with pytest.raises(LimitError, match="No space left on device") as raised:
        journal.sync()
    assert (raised.value.where, "free some space" in raised.value.remedy) == (f"history {path}", True)
    with pytest.raises(LimitError):
        journal.write(FACTS[:1])
    with pytest.raises(LimitError):
        journal.close()


def test_a_folder_that_is_not_there_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(LimitError, match="No such file or directory"):
        Journal(tmp_path / "missing" / "history.jsonl.zst")


def test_short_writes_of_the_system_are_completed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:7]))
    with Journal(path) as journal:
        journal.write(FACTS[:20])
    assert read(path) == FACTS[:20]


def test_closing_twice_is_one_close_and_then_no_fact_is_taken(path: Path) -> None:
    journal = Journal(path)
    journal.close()
    journal.close()
    with pytest.raises(RuntimeError, match="after the journal was closed"):
        journal.write(FACTS[:1])


RESTLESS = """
import sys
from gevent import monkey
monkey.patch_all()
import gevent
from pathlib import Path
from stockstorm.simulator.history.facts import PhaseStarted
from stockstorm.simulator.io.journal import Journal
turns = 0
def turn():
    global turns
    while True:
        turns += 1
        gevent.sleep(0)
gevent.spawn(turn)
"""


def in_a_process_that_never_rests(program: str, path: Path) -> None:
    """Such a loop takes the interpreter back before another thread has woken to take it."""
    command = [sys.executable, "-c", RESTLESS + program, str(path)]
    subprocess.run(command, check=True, timeout=60, cwd=Path.cwd())


def test_it_writes_in_a_patched_process_and_other_greenlets_run_while_it_syncs(path: Path) -> None:
    program = """
journal = Journal(Path(sys.argv[1]))
for number in range(5000):
    journal.write([PhaseStarted(at_ns=number, phase="x")])
journal.sync()
assert turns > 1, turns
journal.close()
"""
    in_a_process_that_never_rests(program, path)
    assert [fact.at_ns for fact in read(path)] == list(range(5000))


def test_a_busy_loop_does_not_prevent_writing(path: Path) -> None:
    program = """
journal = Journal(Path(sys.argv[1]), limit=10_000)
for number in range(100_000):
    journal.write([PhaseStarted(at_ns=number, phase="x")])
    gevent.sleep(0)
journal.close()
"""
    in_a_process_that_never_rests(program, path)
    assert [fact.at_ns for fact in read(path)] == list(range(100_000))


def test_a_fact_on_disk_is_the_one_that_was_written(path: Path) -> None:
    fact = DeliveryEnded(at_ns=2**62, delivery=2**53 + 1, outcome="given_up")
    with Journal(path) as journal:
        journal.write([fact])
    assert msgspec.json.decode(lines_of(path)) == {
        "fact": "DeliveryEnded", "at_ns": 2**62, "delivery": 2**53 + 1, "outcome": "given_up"
    }  # fmt: skip
