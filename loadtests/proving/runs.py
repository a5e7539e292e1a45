"""Makes the runs of a proof, several at a time, and keeps what each of them proved."""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Protocol

import msgspec

from stockstorm.loadtests.config.run_spec import read_provenance
from stockstorm.loadtests.proving.cells import Cell, cell_of
from stockstorm.loadtests.proving.lanes import Lanes, ProcessOfRun, Start
from stockstorm.loadtests.proving.proof import Proof, read_proofs, standing, store_proof


class Watcher(Protocol):
    """Shows how far a proof is."""

    def running(self, cells: Sequence[Cell]) -> None:
        """Runs began or ended; these go on."""

    def ended(self, proofs: Sequence[Proof], done: int, *, again: bool) -> None:
        """A run ended and proved this, and `done` of them have. One that is made `again` does not count."""


def prove(
    cells: Sequence[Cell],
    runs: Path,
    watcher: Watcher,
    *,
    jobs: int = 1,
    within_s: float = float("inf"),
    start: Start = ProcessOfRun,
) -> Iterator[Proof]:
    """What each run proves, as it ends. Those that the runs folder already has of this commit are not repeated.

    After `within_s` seconds no run begins. A run that could not be made is not decided, and is made again next time.
    One that is unknown because our generator was late is made once more, after all others.
    """
    until_s = time.monotonic() + within_s
    commit = read_provenance().commit
    known: dict[Cell, list[Proof]] = {}
    for proof in standing(read_proofs(runs)):
        if proof.commit == commit and not proof.late:
            known.setdefault(cell_of(proof), []).append(proof)
    done = [cell for cell in cells if cell in known]
    yield from chain.from_iterable(known[cell] for cell in done)
    work = _Work([cell for cell in cells if cell not in known], len(done), until_s, watcher)
    with Lanes(jobs, runs, commit, start) as lanes:
        yield from work.through(lanes, runs)


class _Work:
    """What is left to run, and what is run once more."""

    def __init__(self, left: Sequence[Cell], done: int, until_s: float, watcher: Watcher) -> None:
        self._left, self._done, self._until_s, self._watcher = deque(left), done, until_s, watcher
        self._late: dict[Cell, Sequence[Proof]] = {}  # the first run of those that wait for another one
        self._again: set[Cell] = set()

    def through(self, lanes: Lanes, runs: Path) -> Iterator[Proof]:
        self._fill(lanes)
        while lanes.cells:
            cell, found = lanes.next()
            proofs = [msgspec.structs.replace(proof, repeats=int(cell in self._again)) for proof in found]
            for proof in proofs:
                if proof.folder:
                    store_proof(runs, proof)
            again = proofs[0].late and cell not in self._again
            if again:
                self._late[cell] = proofs
                self._again.add(cell)
                self._left.append(cell)
            self._done += not again
            self._watcher.ended(proofs, self._done, again=again)
            self._fill(lanes)
            if not again:
                yield from proofs
        yield from chain.from_iterable(self._late.values())  # the time did not suffice for another run

    def _fill(self, lanes: Lanes) -> None:
        while self._left and self._fits(lanes) and time.monotonic() < self._until_s:
            cell = self._left.popleft()
            self._late.pop(cell, None)
            lanes.start(cell)
        self._watcher.running(lanes.cells)

    def _fits(self, lanes: Lanes) -> bool:
        """Whether the next run can begin beside those that go on."""
        return not lanes.cells or (lanes.free and not self._left[0].alone and not lanes.cells[0].alone)
