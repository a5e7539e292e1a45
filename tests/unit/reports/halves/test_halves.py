"""A history in two processes: the same result to the byte, whatever becomes of the second one. Nothing is left over."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from stockstorm.reports.checkers import CHECKERS, check_all
from stockstorm.reports.halves import opened
from stockstorm.reports.halves.first import Second
from stockstorm.reports.halves.kinds import ALL, DELIVERY, STAND_INS, STOCK, stand_ins_of
from stockstorm.reports.halves.second import HalfHistory, read_half
from stockstorm.reports.history import History
from stockstorm.reports.history.elsewhere import NotHeld
from stockstorm.reports.names import decoder_of
from stockstorm.reports.render import render_all
from stockstorm.reports.store import RunFolder, read_history
from stockstorm.reports.verdict.judge import judge
from stockstorm.simulator.config import (
    ChannelConfig,
    OrdersConfig,
    PhaseConfig,
    ShopConfig,
    ShopEventsConfig,
    WorldConfig,
)
from stockstorm.simulator.errors import HistoryError
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.history.blocks import BlockWriter
from stockstorm.simulator.model import SHOPIFY
from tests.modelled.run import run_model
from tests.modelled.subject import Behaviour
from tests.running import ROOT
from tests.stored_history import as_written, compress, sealed, zstd_text

TRADE = WorldConfig(
    shop=ShopConfig(skus=12, hot_skus=2, stock=30, hot_stock=20, buyers=1),
    channels=tuple(ChannelConfig(name=name) for name in ("online", "bazaar", "mercado")),
    phases=(PhaseConfig(name="load", kind="poisson", seconds=12, rate=20, hot_share=0.2),),
    orders=OrdersConfig(cancel_share=0.1, cancel_after_s=0.5, return_share=0.1, return_after_s=0.8),
    events=ShopEventsConfig(restocks_per_s=2, restock_units=5, restock_hot=True),
)
BEHAVIOURS = {
    "sound": Behaviour(),
    "without names": Behaviour(references=False, nets=False, safety_stock=2),
    "sets": Behaviour(writes="set", flaw_share=0.1),
}


def running() -> list[psutil.Process]:
    """Child processes that run. One of another test that has ended and was not waited for does not."""
    return [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]


def stored(folder: Path, behaviour: Behaviour, seed: int, *, probed: bool) -> Path:
    """A modelled run on disk; with the probe of a subject that has one."""
    facts = list(as_written(run_model(TRADE, behaviour, seed).facts))
    if probed:
        end_ns = facts[-1].at_ns
        told = [
            f.EffectProbed(end_ns, one.webhook_id, "applied", 1) for one in facts if isinstance(one, f.DeliveryPlanned)
        ]
        facts = [*facts[:-1], *told, f.ProbeEnded(end_ns, "effects", ok=True), facts[-1]]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "history.jsonl.zst").write_bytes(sealed(facts, per_block=500))
    return folder


def judged(folder: Path, *, split: bool) -> dict[str, bytes]:
    """What judging writes."""
    with opened(folder, split=split) as history:
        assert bool(history.elsewhere.kinds) is split
        render_all(judge(history), history, RunFolder(folder), "json", "junit", "markdown", "html")
    return {name: (folder / name).read_bytes() for name in ("result.json", "report.html", "junit.xml", "summary.md")}


@pytest.mark.parametrize("behaviour", BEHAVIOURS.values(), ids=BEHAVIOURS)
@pytest.mark.parametrize("probed", [True, False], ids=["with a probe", "without one"])
def test_two_processes_find_what_one_finds(tmp_path: Path, behaviour: Behaviour, probed: bool) -> None:
    folder = stored(tmp_path, behaviour, 1, probed=probed)
    assert judged(folder, split=True) == judged(folder, split=False)


def test_two_processes_find_what_one_finds_of_removed_subscriptions(tmp_path: Path) -> None:
    facts = list(as_written(run_model(TRADE, Behaviour(), 2).facts))
    made = [fact for fact in facts if isinstance(fact, f.SubscriptionCreated) and fact.source == SHOPIFY]
    at_ns = facts[len(facts) // 2].at_ns
    gone = [f.SubscriptionRemoved(at_ns, one.subscription, SHOPIFY, one.topic, by_policy=True) for one in made]
    assert gone
    with_removals = sorted([*facts, *gone], key=lambda fact: fact.at_ns)
    (tmp_path / "history.jsonl.zst").write_bytes(sealed(with_removals, per_block=500))
    split = judged(tmp_path, split=True)
    assert split == judged(tmp_path, split=False)
    assert b"Outage, removal and repair" in split["report.html"]


def test_every_fact_that_a_reader_asks_for_is_there(tmp_path: Path) -> None:
    folder = stored(tmp_path, Behaviour(), 3, probed=True)
    whole = read_history(folder)
    with opened(folder, split=True) as halves:
        assert len(halves.facts) == len(whole.facts)
        for kind in ALL:
            assert halves.count(kind) == len(whole.all(kind))
            assert list(halves.numbered(kind)) == list(whole.numbered(kind))
        assert halves.deliveries.of_event(3) == whole.deliveries.of_event(3)
        assert halves.deliveries.delivery(2) == whole.deliveries.delivery(2)
        assert halves.deliveries.by_id == whole.deliveries.by_id


@pytest.mark.parametrize("after", ["", "Deliveries.first_attempt_ns", "check delivery"])
def test_a_second_process_that_ends_early_changes_no_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    folder = stored(tmp_path, Behaviour(), 4, probed=True)
    whole, value = judged(folder, split=False), Second.value

    def then_ends(self: Second, name: str) -> Any:
        found = value(self, name)
        if name == after or not after:
            self.close()
        return found

    monkeypatch.setattr(Second, "value", then_ends)
    assert judged(folder, split=True) == whole


def test_a_second_process_that_is_killed_while_it_is_asked_changes_no_answer(tmp_path: Path) -> None:
    folder, told = stored(tmp_path, Behaviour(), 5, probed=True), list[str]()
    with opened(folder, split=True, tell=told.append) as history:
        for child in running():
            assert os.getpgid(child.pid) == child.pid  # a terminal's Ctrl-C does not reach it, even while it starts
            child.kill()  # not waited for: its exit status is for the one that started it
        assert history.deliveries.of_event(1) == read_history(folder).deliveries.of_event(1)
    assert len(told) == 1
    assert told[0].endswith("changed no result: the second process ended early, with exit status -9")


def test_where_both_processes_do_their_part_nothing_is_told(tmp_path: Path) -> None:
    folder, told = stored(tmp_path, Behaviour(), 5, probed=True), list[str]()
    with opened(folder, split=True, tell=told.append) as history:
        judge(history)
    assert not told


def broken(facts: list[f.AnyFact], kind: type[f.Fact], **changes: object) -> list[f.AnyFact]:
    place = next(place for place, fact in enumerate(facts) if isinstance(fact, kind))
    return [*facts[:place], msgspec.structs.replace(facts[place], **changes), *facts[place + 1 :]]


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (f.DeliveryPlanned, {"event": 10**6}),
        (f.DeliveryEnded, {"delivery": 10**6}),
        (f.AttemptEnded, {"sent_ns": 1}),
        (f.AttemptEnded, {"status": 700}),
        (f.StockChanged, {"available": 10**6}),
        (f.PurchaseAccepted, {"channel": "nowhere"}),
        (f.EventFired, {"event": 10**6}),
        (f.DeliveryPlanned, {"at_ns": 1}),
    ],
    ids=str,
)
def test_what_is_wrong_in_either_half_is_told_as_of_a_whole_history(
    tmp_path: Path, kind: type[f.Fact], changes: dict[str, object]
) -> None:
    facts = broken(list(as_written(run_model(TRADE, Behaviour(), 6).facts)), kind, **changes)
    (tmp_path / "history.jsonl.zst").write_bytes(sealed(facts, per_block=500))
    with pytest.raises(HistoryError) as whole:
        read_history(tmp_path)
    with pytest.raises(HistoryError) as halves, opened(tmp_path, split=True):
        pass
    assert str(halves.value) == str(whole.value)
    assert not running()


@pytest.mark.parametrize(
    ("kind", "changes"),
    [(f.AttemptEnded, {"status": 70_000}), (f.DeliveryPlanned, {"event": 10**6})],
    ids=["no fact", "no such event"],
)
def test_a_second_process_ends_in_silence_where_its_half_is_wrong(
    tmp_path: Path, kind: type[f.Fact], changes: dict[str, object]
) -> None:
    """The first one tells what is wrong. Its input is still open then, as nobody has anything more to ask."""
    facts = broken(list(as_written(run_model(TRADE, Behaviour(), 6).facts)), kind, **changes)
    file = tmp_path / "history.jsonl.zst"
    file.write_bytes(sealed(facts, per_block=500))
    with subprocess.Popen(
        [sys.executable, "-m", "stockstorm.reports.halves", str(file)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as second:
        assert second.stderr is not None
        assert second.wait(60) == 0
        assert second.stderr.read() == b""


def test_where_no_second_process_can_be_started_one_judges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = stored(tmp_path, Behaviour(), 11, probed=True)
    whole = judged(folder, split=False)

    def refused(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refused)
    told: list[str] = []
    with opened(folder, split=True, tell=told.append) as history:
        render_all(judge(history), history, RunFolder(folder), "json", "html")
    assert [one.rpartition(": ")[2] for one in told] == ["Resource temporarily unavailable"]
    assert all((folder / name).read_bytes() == whole[name] for name in ("result.json", "report.html"))


def test_a_damaged_history_is_told_as_one_process_tells_it(tmp_path: Path) -> None:
    folder = stored(tmp_path, Behaviour(), 7, probed=False)
    file = folder / "history.jsonl.zst"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    file.write_bytes(bytes(data))
    with pytest.raises(HistoryError) as whole:
        read_history(folder)
    with pytest.raises(HistoryError) as halves, opened(folder, split=True):
        pass
    assert str(halves.value) == str(whole.value)


@pytest.mark.parametrize("block", [2, 3])
def test_what_was_altered_is_found_by_whichever_process_looks_at_its_digest(tmp_path: Path, block: int) -> None:
    """Each computes the digests of half of the blocks. No other rule looks at what was altered."""
    facts = list(as_written(run_model(TRADE, Behaviour(), 7).facts))
    writer, parts = BlockWriter(), list[bytes]()
    for number, start in enumerate(range(0, len(facts), 500)):
        lines = f.encoder.encode_lines(facts[start : start + 500])
        whole = writer.add(lines, lines.count(b"\n")) + writer.end_block()
        if number == block:
            altered = re.sub(rb'"event_id":"', b'"event_id":"other-', zstd_text(whole), count=1)
            assert altered != zstd_text(whole)
            whole = compress(altered)
        parts.append(whole)
    (tmp_path / "history.jsonl.zst").write_bytes(b"".join(parts))
    with pytest.raises(HistoryError) as told, opened(tmp_path, split=True):
        pass
    assert f"block {block}" in told.value.where
    assert "not those that were sealed" in told.value.found


def test_a_small_history_is_judged_by_one_process(tmp_path: Path) -> None:
    folder = stored(tmp_path, Behaviour(), 8, probed=False)
    with opened(folder) as history:
        assert not running()
        assert not history.elsewhere.kinds


def test_nothing_that_the_second_process_lacks_can_be_taken_for_nothing(tmp_path: Path) -> None:
    """What it does not have raises, also inside of a checker, whose failures are findings."""
    half = read_half(stored(tmp_path, Behaviour(), 9, probed=False) / "history.jsonl.zst")
    assert isinstance(half, HalfHistory)
    for kind in STOCK:
        with pytest.raises(NotHeld):
            half.all(kind)
        with pytest.raises(NotHeld):
            half.count(kind)
    with pytest.raises(NotHeld):
        check_all(half, [one for one in CHECKERS if one.name == "drift"])


def test_stand_ins_read_the_time_of_every_line() -> None:
    fact = f.AttemptEnded(5, 1, 1, 5, 5, 5, 5, 5)
    (seen,) = decoder_of(stand_ins_of(DELIVERY)).decode_lines(f.encoder.encode_lines([fact]))
    assert type(seen) is STAND_INS[f.AttemptEnded]
    assert seen.at_ns == 5
    assert decoder_of(stand_ins_of(STOCK)).decode_lines(f.encoder.encode_lines([fact])) == [fact]


WAITS = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts what runs in the background without it
from pathlib import Path
from stockstorm.reports.halves import opened
with opened(Path(sys.argv[1]), split=True) as history:
    print("open", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda how: how.name)
def test_however_the_first_process_ends_the_second_ends_too(tmp_path: Path, how: signal.Signals) -> None:
    folder = stored(tmp_path, Behaviour(), 10, probed=False)
    with subprocess.Popen(
        [sys.executable, "-c", WAITS, str(folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"open\n"
        (second,) = psutil.Process(first.pid).children()
        first.send_signal(how)
        first.wait(30)
        psutil.wait_procs([second], timeout=30)
        assert not second.is_running()


def test_a_history_without_another_process_keeps_no_cycle() -> None:
    """Else every judged history would stay in memory until the collector comes by."""
    import gc
    import weakref

    gc.disable()
    try:
        history = History.of([f.RunEnded(9, complete=True)])
        assert history.deliveries.by_id == {}
        seen = weakref.ref(history)
        del history
        assert seen() is None
    finally:
        gc.enable()
