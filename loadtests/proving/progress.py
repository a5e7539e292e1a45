"""The progress of a proof: one line a run, and on a terminal what runs now."""

from collections.abc import Sequence
from types import TracebackType

from rich.console import Console
from rich.markup import escape

from stockstorm.loadtests.proving.cells import Cell, cell_of
from stockstorm.loadtests.proving.proof import Proof


class ProofProgress:
    """Use as a context manager; it is a `runs.Watcher`."""

    def __init__(self, console: Console, of: int) -> None:
        self._console, self._of = console, of
        self._status = console.status("")

    def __enter__(self) -> "ProofProgress":
        if self._console.is_terminal:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._status.stop()

    def running(self, cells: Sequence[Cell]) -> None:
        """Runs began or ended; these go on."""
        self._status.update("running: " + escape("; ".join(cell.text for cell in cells)))

    def ended(self, proofs: Sequence[Proof], done: int, *, again: bool) -> None:
        """A run ended and proved this, and `done` of them have. One that is made `again` does not count."""
        proof, *others = proofs
        words = "; evidence withheld: ".join(dict.fromkeys(map(result_of, [proof, *others])))
        line = f"stockstorm: {done} of {self._of}: {cell_of(proof).text}: {words}{', again later' * again}"
        self._console.print(line, highlight=False, markup=False, emoji=False, soft_wrap=True)


def result_of(proof: Proof) -> str:
    """What a run proved, in a few words."""
    if proof.late:
        return "unknown, because the load generator was late"
    if not proof.folder:
        return f"not run: {proof.cause}"
    if proof.outcome in ("sound", "not decided"):
        return proof.verdict
    first = f", first diagnosis {proof.diagnoses[0]}" if proof.diagnoses else ""
    return f"{proof.outcome}{first}{'' if proof.named else ' (not named)'}" if proof.caught else proof.outcome + first
