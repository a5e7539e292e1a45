"""comparison.json: which runs of a comparison are done. It is written after each run, so that `--continue` can resume.

runs/compare-<time>-<scenario>/  comparison.json  comparison.html  <subject>/<run id>/…
"""

import re
from pathlib import Path
from typing import Final, Literal

import msgspec
from pydantic import ValidationError

from stockstorm.loadtests.config.comparison_options import ComparisonOptions
from stockstorm.reports.compare.comparison import Comparison, Key
from stockstorm.reports.json_text import as_json
from stockstorm.reports.render.files import write_whole
from stockstorm.reports.store import require_inside
from stockstorm.simulator.errors import UNREADABLE_JSON, HistoryError

SCHEMA: Final = 1
PREFIX: Final = "compare-"
FILE: Final = "comparison.json"
PAGE: Final = "comparison.html"

Status = Literal["pending", "done", "failed"]


class Cell(msgspec.Struct, frozen=True):
    """One run of the matrix. `folder` holds its run folder, `run` is that folder's name once it exists."""

    key: Key
    folder: str
    status: Status = "pending"
    run: str = ""
    error: str = ""
    seconds: float = 0.0


class State(msgspec.Struct, frozen=True):
    """How far a comparison is: cells in the order in which they run, digests of plans by `plan_name`."""

    schema: int
    options: ComparisonOptions = msgspec.field(name="asked")
    replay: str
    plans: dict[str, str]
    cells: tuple[Cell, ...]

    @property
    def pending(self) -> list[int]:
        """Indexes of cells that are still to run. Failed ones are tried again."""
        return [place for place, cell in enumerate(self.cells) if cell.status != "done"]

    def with_cell(self, place: int, cell: Cell) -> "State":
        return msgspec.structs.replace(self, cells=(*self.cells[:place], cell, *self.cells[place + 1 :]))


class Stored(msgspec.Struct, frozen=True):
    """The file: the state, and the comparison once every cell was run."""

    state: State
    comparison: Comparison | None = None


class _Head(msgspec.Struct, frozen=True):
    """What is read back. The comparison is made again from the runs."""

    state: State


def _encode(value: object) -> object:
    if isinstance(value, ComparisonOptions):
        return value.model_dump(mode="json")
    raise TypeError(type(value).__name__)


def _decode(kind: type, value: object) -> object:
    if issubclass(kind, ComparisonOptions):
        return kind.model_validate(value)
    raise TypeError(kind.__name__)


def cell_folder(key: Key, several_stocks: bool) -> str:
    """The folder for runs of a key: the subject, then what else distinguishes it."""
    name = re.sub(r"[^a-zA-Z0-9.-]+", "-", key.subject).strip("-.") or "subject"
    stock = f"-safety-stock-{key.safety_stock}" if several_stocks else ""
    return name + stock + ("" if key.rate is None else f"-{key.rate:g}-per-s")


def write_state(folder: Path, state: State, comparison: Comparison | None = None) -> None:
    """Writes the file in one step: a reader finds all of the old one or all of the new one. Raises HistoryError."""
    file = folder / FILE
    plain = msgspec.to_builtins(Stored(state, comparison), str_keys=True, enc_hook=_encode)
    try:
        write_whole(file, as_json(plain), synced=True)
    except OSError as error:
        raise HistoryError(
            str(file), f"cannot be written: {error.strerror}", "free some space, or choose a folder that can be written"
        ) from error


def read_state(folder: Path) -> State:
    """The state of a comparison. Raises HistoryError when the file is missing or is not one."""
    file = folder / FILE
    require_inside(folder, file)
    try:
        state = msgspec.json.decode(file.read_bytes(), type=_Head, dec_hook=_decode).state
    except OSError as error:
        remedy = "give the folder of a comparison"
        raise HistoryError(str(file), f"cannot be read: {error.strerror}", remedy) from error
    except (*UNREADABLE_JSON, ValidationError) as error:
        raise HistoryError(str(file), f"not a comparison ({error})", "compare again from the beginning") from error
    if state.schema != SCHEMA:
        found = f"was written in schema version {state.schema}, this program reads {SCHEMA}"
        raise HistoryError(str(file), found, "compare again from the beginning")
    for cell in state.cells:
        require_inside(folder, folder / cell.folder / cell.run)
    return state


def find_comparison(runs: Path, wanted: str) -> Path:
    """The folder of "latest", of a comparison's name under `runs`, or of a path. Raises HistoryError."""
    known = sorted(file.parent.name for file in runs.glob(f"{PREFIX}*/{FILE}")) if runs.is_dir() else []
    if wanted == "latest" and known:
        return runs / known[-1]
    for candidate in (runs / wanted, Path(wanted)):
        folder = candidate.parent if candidate.name == FILE else candidate
        if (folder / FILE).is_file():
            return folder
    start = "start one with: stockstorm compare SCENARIO"
    remedy = f"choose one of: {', '.join(known[-5:])}" if known else start
    raise HistoryError(str(runs), f"no comparison {wanted!r}", remedy)
