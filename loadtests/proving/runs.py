"""Makes the runs of a proof, several at a time, and keeps what each of them proved."""

import time
from collections import deque
from collections.abc import Iterator, Sequence
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

    def ended(self, proof: Proof, done: int, *, again: bool) -> None:
        """A run ended, and `done` of them have. One that is made `again` does not count."""


def prove(
    cells: Sequence[Cell],
    runs: Path,
    watcher: Watcher,
    *,
    jobs: int = 1,
    within_s: float = float("inf"),
    start: Start = ProcessOfRun,
) -> Iterator[Proof]:
    """The proof of each run as it ends. Those that the runs folder already has of this commit are not repeated.

    After `within_s` seconds no run begins. A run that could not be made is not decided, and is made again next time.
    One that is unknown because our generator was late is made once more, after all others.
    """
    until_s = time.monotonic() + within_s
    commit = read_provenance().commit
    known = {cell_of(proof): proof for proof in standing(read_proofs(runs)) if proof.commit == commit}
    done = [known[cell] for cell in cells if cell in known and not known[cell].late]
    yield from done
    begun = {cell_of(proof) for proof in done}
    work = _Work([cell for cell in cells if cell not in begun], len(done), until_s, watcher)
    with Lanes(jobs, runs, commit, start) as lanes:
        yield from work.through(lanes, runs)


class _Work:
    """What is left to run, and what is run once more."""

    def __init__(self, left: Sequence[Cell], done: int, until_s: float, watcher: Watcher) -> None:
        self._left, self._done, self._until_s, self._watcher = deque(left), done, until_s, watcher
        self._late: dict[Cell, Proof] = {}  # the first run of those that wait for another one
        self._again: set[Cell] = set()

    def through(self, lanes: Lanes, runs: Path) -> Iterator[Proof]:
        self._fill(lanes)
        while lanes.cells:
            cell, found = lanes.next()
            proof = msgspec.structs.replace(found, repeats=int(cell in self._again))
            if proof.folder:
                store_proof(runs, proof)
            again = proof.late and cell not in self._again
            if again:
                self._late[cell] = proof
                self._again.add(cell)
                self._left.append(cell)
            self._done += not again
            self._watcher.ended(proof, self._done, again=again)
            self._fill(lanes)
            if not again:
                yield proof
        yield from self._late.values()  # the time did not suffice for another run

    def _fill(self, lanes: Lanes) -> None:
        while self._left and lanes.free and time.monotonic() < self._until_s:
            cell = self._left.popleft()
            self._late.pop(cell, None)
            lanes.start(cell)
        self._watcher.running(lanes.cells)
