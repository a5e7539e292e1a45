"""The process of one run of a proof: `python -m stockstorm.loadtests.proving.lane CELL RUNS COMMIT FD`.

It runs and judges one cell, and writes the proof to the descriptor FD. What ends it early leaves nothing there.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Final

import msgspec

from stockstorm.loadtests.config.run_spec import make_spec
from stockstorm.loadtests.ipc.messages import Live
from stockstorm.loadtests.orchestrator.run import run
from stockstorm.loadtests.processes.signals import ENDING, heed
from stockstorm.loadtests.proving.cells import Cell
from stockstorm.loadtests.proving.proof import Proof, judged, not_run
from stockstorm.simulator.errors import StockstormError

MODULE: Final = "stockstorm.loadtests.proving.lane"
FILES: Final = ("json",)  # `stockstorm check FOLDER` writes the reports, which take a quarter of the time


def proof_of(cell: Cell, runs: Path, commit: str) -> Proof:
    """Runs a cell. A run that could not be made is not decided, and its cause is the error."""
    try:
        spec = make_spec(cell.options(runs))
        result = run(spec, _no_step, _no_figures, FILES).result
    except StockstormError as error:
        return not_run(cell.subject, cell.seed, cell.evidence, cell.scenario, commit, str(error))
    return judged(result, cell.flaw, cell.evidence, str(spec.folder))


def main() -> None:
    """One run. A signal ends it in order, and then there is no proof."""
    for number in ENDING:
        signal.signal(number, _interrupt)
    os.set_inheritable(int(sys.argv[4]), False)
    cell = msgspec.json.decode(sys.argv[1], type=Cell)
    try:
        heed()
        proof = proof_of(cell, Path(sys.argv[2]), sys.argv[3])
    except KeyboardInterrupt:
        return
    if not _interruptions:
        with os.fdopen(int(sys.argv[4]), "wb") as end:
            end.write(msgspec.json.encode(proof))


_interruptions: list[int] = []


def _interrupt(number: int, _frame: object) -> None:
    _interruptions.append(number)
    raise KeyboardInterrupt


def _no_step(_step: str) -> None:
    """What the run does is not told; its folder has its logs."""


def _no_figures(_figures: Live) -> None:
    """Nor are its figures."""


if __name__ == "__main__":
    main()
