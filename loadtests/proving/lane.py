"""The process of one run of a proof: `python -m stockstorm.loadtests.proving.lane CELL RUNS COMMIT FD`.

It runs and judges one cell, and writes its proofs to the descriptor FD. What ends it early leaves nothing there.
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
from stockstorm.loadtests.proving.withheld import withheld
from stockstorm.reports.store import read_history
from stockstorm.reports.verdict.judge import judge
from stockstorm.simulator.errors import StockstormError

MODULE: Final = "stockstorm.loadtests.proving.lane"
FILES: Final = ("json",)  # `stockstorm check FOLDER` writes the reports, which take a quarter of the time


def proofs_of(cell: Cell, runs: Path, commit: str) -> tuple[Proof, ...]:
    """Runs a cell: its proof, and with evidence another one of the same run, judged without it.

    A run that could not be made is not decided, and its cause is the error.
    """
    try:
        spec = make_spec(cell.options(runs))
        found = run(spec, _no_step, _no_figures, FILES)
        results = {cell.evidence: found.result}
        if cell.evidence == "full":
            results["withheld"] = judge(withheld(read_history(found.folder.history)))
    except StockstormError as error:
        return (not_run(cell.subject, cell.seed, cell.evidence, cell.scenario, commit, str(error)),)
    folder = str(spec.folder)
    return tuple(judged(result, cell.flaw, evidence, folder) for evidence, result in results.items())


def main() -> None:
    """One run. A signal ends it in order, and then there are no proofs."""
    for number in ENDING:
        signal.signal(number, _interrupt)
    os.set_inheritable(int(sys.argv[4]), False)
    cell = msgspec.json.decode(sys.argv[1], type=Cell)
    try:
        heed()
        proofs = proofs_of(cell, Path(sys.argv[2]), sys.argv[3])
    except KeyboardInterrupt:
        return
    if not _interruptions:
        with os.fdopen(int(sys.argv[4]), "wb") as end:
            end.write(msgspec.json.encode(proofs))


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
