"""Several runs at a time: which begin, which are made again, and what an interrupt leaves."""

import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from stockstorm.loadtests.proving import lane, lanes, runs
from stockstorm.loadtests.proving.cells import Cell, cell_of
from stockstorm.loadtests.proving.lanes import Lanes, ProcessOfRun
from stockstorm.loadtests.proving.proof import Proof, not_run, read_proofs, store_proof
from stockstorm.loadtests.proving.runs import prove
from stockstorm.simulator.errors import SubjectError

CELLS = [Cell("sound", seed, "full", "proof") for seed in range(1, 6)]


def proof_of(cell: Cell, **changes: Any) -> Proof:
    values: dict[str, Any] = {
        "subject": cell.subject, "seed": cell.seed, "evidence": cell.evidence, "scenario": cell.scenario,
        "commit": "abc", "verdict": "valid", "failed": (), "missed": (), "unexpected": (), "exposure": {},
        "diagnoses": (), "cause": "", "named": False, "seconds": 10.0, "folder": "runs/r",
    }  # fmt: skip
    return Proof(**values | changes)


class Run:
    """A run without a process. It ends when `answers` has something for it."""

    def __init__(self, of: "Machine", cell: Cell) -> None:
        self.cell, self._of = cell, of
        self._fd, self._theirs = os.pipe()
        os.write(self._theirs, b"ended")

    def fileno(self) -> int:
        return self._fd

    def read(self) -> tuple[Proof, ...] | None:
        answers = self._of.answers.get(self.cell, [])
        answer = answers.pop(0) if answers else proof_of(self.cell)
        if isinstance(answer, KeyboardInterrupt):
            raise answer
        return answer if isinstance(answer, tuple) else (answer,)

    def signal(self, number: signal.Signals) -> None:
        self._of.signalled.append(self.cell)
        assert number == signal.SIGINT

    def close(self, patience_s: float) -> None:
        self._of.running -= 1
        os.close(self._fd)
        os.close(self._theirs)


class Machine:
    """Starts such runs, and watches."""

    def __init__(self, answers: dict[Cell, list[Any]] | None = None) -> None:
        self.answers = answers or {}
        self.started: list[Cell] = []
        self.signalled: list[Cell] = []
        self.running = self.most = 0
        self.lines: list[tuple[Cell, int, bool]] = []

    def start(self, cell: Cell, runs: Path, commit: str) -> Run:
        assert runs.is_dir()
        assert commit == "abc"
        self.started.append(cell)
        self.running += 1
        self.most = max(self.most, self.running)
        return Run(self, cell)

    def running_now(self, _cells: Sequence[Cell]) -> None: ...

    def ended(self, proofs: Sequence[Proof], done: int, *, again: bool) -> None:
        self.lines.append((cell_of(proofs[0]), done, again))


class Watching:
    """The watcher's side of it."""

    def __init__(self, machine: Machine) -> None:
        self.running = machine.running_now
        self.ended = machine.ended


@pytest.fixture(autouse=True)
def _one_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    class Provenance:
        commit = "abc"

    monkeypatch.setattr(runs, "read_provenance", Provenance)


def proven(machine: Machine, folder: Path, **options: Any) -> list[Proof]:
    return list(prove(CELLS, folder, Watching(machine), start=machine.start, **options))


@pytest.mark.parametrize("jobs", [1, 3])
def test_so_many_run_at_a_time_and_one_writer_keeps_all(tmp_path: Path, jobs: int) -> None:
    machine = Machine()
    found = proven(machine, tmp_path, jobs=jobs)
    assert (machine.started, machine.most, machine.running) == (CELLS, jobs, 0)
    assert sorted(proof.seed for proof in found) == [1, 2, 3, 4, 5]
    assert read_proofs(tmp_path) == found
    assert [done for _, done, _ in machine.lines] == [1, 2, 3, 4, 5]


def test_a_flaw_of_which_the_cpu_is_evidence_runs_alone(tmp_path: Path) -> None:
    alone = Cell("latency_grows", 1, "full", "proof")
    machine = Machine()
    beside: list[int] = []

    def start(cell: Cell, runs: Path, commit: str) -> Run:
        beside.append(machine.running if cell == alone or alone in machine.started[-machine.running :] else 0)
        return machine.start(cell, runs, commit)

    list(prove([CELLS[0], alone, *CELLS[1:]], tmp_path, Watching(machine), start=start, jobs=3))
    assert (max(beside), machine.most) == (0, 3)


def test_a_run_whose_generator_was_late_is_made_once_more_at_the_end(tmp_path: Path) -> None:
    late = proof_of(CELLS[0], verdict="unknown", late=True)
    machine = Machine({CELLS[0]: [late], CELLS[1]: [late_again(1), late_again(1)]})
    found = {proof.seed: proof for proof in proven(machine, tmp_path)}
    assert machine.started == [*CELLS, *CELLS[:2]]
    assert (found[1].verdict, found[1].repeats) == ("valid", 1)
    assert (found[2].verdict, found[2].repeats, found[2].late) == ("unknown", 1, True)
    assert len(found) == 5
    assert machine.lines[0] == (CELLS[0], 0, True)
    next_time = Machine()
    proven(next_time, tmp_path)
    assert next_time.started == [CELLS[1]]


def late_again(place: int) -> Proof:
    return proof_of(CELLS[place], verdict="unknown", late=True)


def test_a_late_run_counts_if_the_time_does_not_suffice_for_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter([0.0, *[1.0] * 5])
    monkeypatch.setattr("stockstorm.loadtests.proving.runs.time.monotonic", lambda: next(now, 100.0))
    machine = Machine({CELLS[0]: [late_again(0)]})
    found = proven(machine, tmp_path, within_s=50.0)
    assert machine.started == CELLS
    assert [(proof.seed, proof.late) for proof in found] == [(2, False), (3, False), (4, False), (5, False), (1, True)]


def test_what_this_commit_has_is_not_run_again(tmp_path: Path) -> None:
    store_proof(tmp_path, proof_of(CELLS[1]))
    store_proof(tmp_path, proof_of(CELLS[2], commit="other"))
    machine = Machine()
    assert len(proven(machine, tmp_path)) == 5
    assert machine.started == [CELLS[0], *CELLS[2:]]
    assert [proof.seed for proof in proven(Machine(), tmp_path, within_s=0.0)] == [1, 2, 3, 4, 5]


def test_a_run_that_is_judged_once_more_without_evidence_is_kept_twice_and_made_once(tmp_path: Path) -> None:
    both = tuple(proof_of(CELLS[0], evidence=evidence) for evidence in ("full", "withheld"))
    found = proven(Machine({CELLS[0]: [both]}), tmp_path)
    assert [(proof.seed, proof.evidence) for proof in found[:2]] == [(1, "full"), (1, "withheld")]
    assert read_proofs(tmp_path) == found
    next_time = Machine()
    assert proven(next_time, tmp_path) == found
    assert next_time.started == []


def test_a_run_that_could_not_be_made_is_not_decided_and_made_again(tmp_path: Path) -> None:
    failed = not_run("sound", 1, "full", "proof", "abc", "it exited")
    assert len(proven(Machine({CELLS[0]: [failed]}), tmp_path)) == 5
    assert [proof.seed for proof in read_proofs(tmp_path)] == [2, 3, 4, 5]


def test_an_interrupt_ends_every_run_and_the_next_proof_goes_on(tmp_path: Path) -> None:
    machine = Machine({CELLS[2]: [KeyboardInterrupt()]})
    with pytest.raises(KeyboardInterrupt):
        proven(machine, tmp_path, jobs=2)
    assert CELLS[2] in machine.signalled
    assert machine.running == 0
    kept = {proof.seed for proof in read_proofs(tmp_path)}
    second = Machine()
    assert len(proven(second, tmp_path, jobs=2)) == 5
    assert {cell.seed for cell in second.started} == {1, 2, 3, 4, 5} - kept


def test_a_run_that_ends_without_a_result_says_where_to_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "MODULE", "stockstorm.no_such_module")
    with Lanes(1, tmp_path, "abc", ProcessOfRun) as going:
        going.start(CELLS[0])
        cell, (proof,) = going.next()
    assert (cell, proof.folder, proof.verdict) == (CELLS[0], "", "unknown")
    assert f"code 1 and without a result: read {tmp_path / lanes.LOG}" in proof.cause
    assert "no_such_module" in (tmp_path / lanes.LOG).read_text()


def test_what_kept_a_run_from_beginning_is_its_cause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Any) -> None:
        raise SubjectError("reference service", "it exited", "read its log")

    monkeypatch.setattr(lane, "make_spec", fail)
    (proof,) = lane.proofs_of(Cell("wrong_secret", 1, "full", "proof"), tmp_path, "abc")
    assert (proof.outcome, proof.holds, "it exited" in proof.cause, proof.folder) == ("not decided", False, True, "")
