"""Several subjects on the same plans: plays the matrix, interleaved, and judges it as a whole.

For each rate and seed every subject plays the same plan. The order of subjects is rotated from seed to seed, so that a
machine that drifts hits all of them alike. The state is stored after each run.
"""

import shlex
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import msgspec

from stockstorm.loadtests.config.backing_options import REPLAY, URL
from stockstorm.loadtests.config.comparison_options import Asked
from stockstorm.loadtests.config.run_options import RunOptions, exact, make_scenario, make_spec
from stockstorm.loadtests.ipc.messages import Live
from stockstorm.loadtests.orchestrator.comparison_state import (
    PAGE,
    PREFIX,
    SCHEMA,
    Cell,
    State,
    cell_folder,
    read_state,
    write_state,
)
from stockstorm.loadtests.orchestrator.run import Judged, run
from stockstorm.loadtests.subjects.architectures import ARCHITECTURES
from stockstorm.reports.compare.build import compare
from stockstorm.reports.compare.comparison import Comparison, FailedRun, Key, Matrix, SubjectInfo
from stockstorm.reports.compare.run_summary import RunSummary, reduce_run
from stockstorm.reports.render.comparison.page import write_page
from stockstorm.reports.store import RunFolder, read_history, read_result
from stockstorm.scenarios.floor import oversell_floor_units
from stockstorm.scenarios.spec import Scenario
from stockstorm.simulator.errors import HistoryError, StockstormError
from stockstorm.simulator.history.facts import RunEnded
from stockstorm.simulator.plan.planner import make_plan

Show = Callable[[str], None]
Player = Callable[[RunOptions, Show, Callable[[Live], None]], Judged]

AROUND_S: Final = 12.0  # beyond a run's load, before any was played: start, quiesce, judgement
INTERRUPTED: Final = "interrupted"  # how the reason begins that a run gives which a person stopped
FLOOR_MS: Final = tuple(10 * 10 ** (step / 12) for step in range(61))  # 10 ms to 1,000 s


class Watcher(Protocol):
    """Tells people how far the matrix is."""

    def begin(self, number: int, cells: int, key: Key, left_s: float) -> tuple[Show, Callable[[Live], None]]:
        """A run begins; gives what the run tells its progress to."""

    def end(self, cell: Cell) -> None:
        """It ended."""


def play_run(options: RunOptions, show: Show, live: Callable[[Live], None]) -> Judged:
    """One run, as `stockstorm run` plays it."""
    return run(make_spec(options), show, live)


def scenario_of(asked: Asked, rate: float | None = None) -> Scenario:
    """The scenario at a rate. Raises ScenarioError."""
    return make_scenario(RunOptions(scenario=asked.scenario, rate=rate))


def make_state(asked: Asked) -> State:
    """The matrix in the order in which it is played. Raises ScenarioError."""
    scenario = scenario_of(asked)
    own = scenario.subject.safety_stock
    stocks = tuple(own if stock is None else stock for stock in asked.safety_stocks)
    pairs = [(subject, stock) for subject in asked.subjects for stock in stocks]
    cells = []
    for rate in asked.rates:
        for turn, seed in enumerate(asked.seeds):
            first = turn % len(pairs)
            keys = [Key(subject, seed, rate, stock) for subject, stock in pairs[first:] + pairs[:first]]
            cells += [Cell(key, cell_folder(key, len(stocks) > 1)) for key in keys]
    return State(SCHEMA, asked, replay_words(asked), make_plans(asked), tuple(cells))


def make_plans(asked: Asked) -> dict[str, str]:
    """Digest of every plan of the matrix, by what tells it apart."""
    plans = {}
    for rate in asked.rates:
        scenario = scenario_of(asked, rate)
        for seed in asked.seeds:
            plans[plan_name(seed, rate)] = make_plan(scenario.name, scenario, seed).digest()
    return plans


def plan_name(seed: int, rate: float | None) -> str:
    return f"seed {seed}" + ("" if rate is None else f", {exact(rate)} events/s")


def replay_words(asked: Asked) -> str:
    """The command that plays the matrix again."""
    words = ["stockstorm", "compare", asked.scenario, "--subjects", ",".join(asked.subjects)]
    words += ["--seeds", ",".join(map(str, asked.seeds))]
    if asked.rates != (None,):
        words += ["--rates", ",".join(exact(rate) for rate in asked.rates if rate is not None)]
    if asked.safety_stocks != (None,):
        words += ["--safety-stock", ",".join(map(str, asked.safety_stocks))]
    if asked.postgres not in ("embedded", URL):
        words += ["--postgres", asked.postgres]
    if asked.cloud != "embedded":
        words += ["--cloud", asked.cloud]
    return shlex.join(words) + (f" {REPLAY}" if asked.postgres == URL else "")


def start_comparison(runs: Path, asked: Asked) -> tuple[Path, State]:
    """A fresh folder with its state. Raises ScenarioError or HistoryError."""
    state = make_state(asked)
    folder = runs / f"{PREFIX}{time.strftime('%Y%m%d-%H%M%S')}-{scenario_of(asked).name}"
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise HistoryError(str(folder), f"cannot be created: {error.strerror}", "choose another --runs") from error
    write_state(folder, state)
    return folder, state


def resume_comparison(folder: Path) -> State:
    """The state of a comparison whose plans are still what they were. Raises HistoryError or ScenarioError."""
    state = read_state(folder)
    for name, digest in make_plans(state.asked).items():
        if state.plans.get(name) != digest:
            found = f"the plan of {name} is no longer the one that was played"
            raise HistoryError(
                str(folder), found, "the scenario or the program has changed: compare from the beginning"
            )
    return state


class Comparing:
    """Plays what is pending of a comparison in its folder, and reports on all of it."""

    def __init__(self, folder: Path, state: State, watcher: Watcher, player: Player = play_run) -> None:
        self.folder, self.state = folder, state
        self.interrupted = False
        self._watcher, self._player = watcher, player
        self._played: dict[Key, RunSummary] = {}

    def play(self) -> None:
        """Every pending run in its turn. One that fails is recorded and the matrix goes on; Ctrl-C ends it."""
        for place in self.state.pending:
            cell = self.state.cells[place]
            left_s = self._left_s()
            begun_s = time.monotonic()
            try:
                show, live = self._watcher.begin(place + 1, len(self.state.cells), cell.key, left_s)
                cell = self._play(cell, show, live)
            except KeyboardInterrupt:
                self.interrupted = True
            if self.interrupted:
                self._watcher.end(cell)
                return
            cell = msgspec.structs.replace(cell, seconds=round(time.monotonic() - begun_s, 1))
            self.state = self.state.with_cell(place, cell)
            write_state(self.folder, self.state)
            self._watcher.end(cell)

    def report(self) -> Comparison:
        """Compares all that was played, writes comparison.json and comparison.html."""
        played = self._all_played()
        failed = [FailedRun(cell.key, cell.error) for cell in self.state.cells if cell.status == "failed"]
        asked = self.state.asked
        floors = {rate: _floor(scenario_of(asked, rate)) for rate in asked.rates}
        cards = [card_of(subject) for subject in asked.subjects]
        comparison = compare(self._matrix(), cards, played, failed, floors)
        write_page(comparison, self.folder / PAGE)
        write_state(self.folder, self.state, comparison)
        return comparison

    def _play(self, cell: Cell, show: Show, live: Callable[[Live], None]) -> Cell:
        key, asked = cell.key, self.state.asked
        options = RunOptions(
            scenario=asked.scenario,
            seed=key.seed,
            rate=key.rate,
            subject=key.subject,
            safety_stock=key.safety_stock,
            postgres=asked.postgres,
            cloud=asked.cloud,
            runs=self.folder / cell.folder,
        )
        try:
            judged = self._player(options, show, live)
        except StockstormError as error:
            return self._failed(cell, str(error))
        return self._judged(cell, judged)

    def _judged(self, cell: Cell, judged: Judged) -> Cell:
        ended = judged.history.last(RunEnded)
        cell = msgspec.structs.replace(cell, run=judged.folder.run)
        if ended is None or not ended.complete:
            return self._failed(cell, ended.reason if ended else "the history has no end")
        wanted = self.state.plans[plan_name(cell.key.seed, cell.key.rate)]
        if judged.result.plan_digest != wanted:
            return self._failed(cell, f"it played another plan ({judged.result.plan_digest[:12]}…) than the others")
        self._played[cell.key] = reduce_run(cell.key, self._report(cell), judged.result, judged.history)
        return msgspec.structs.replace(cell, status="done", error="")

    def _failed(self, cell: Cell, error: str) -> Cell:
        self.interrupted = self.interrupted or _by_person(error)
        return cell if self.interrupted else msgspec.structs.replace(cell, status="failed", error=error)

    def _report(self, cell: Cell) -> str:
        return f"{cell.folder}/{cell.run}/report.html"

    def _all_played(self) -> list[RunSummary]:
        """Runs of this and of earlier sittings, the latter from their stored histories."""
        found = []
        for cell in self.state.cells:
            if cell.status == "done":
                if cell.key not in self._played:
                    run = RunFolder(self.folder / cell.folder / cell.run)
                    result, history = read_result(run.result), read_history(run.history)
                    self._played[cell.key] = reduce_run(cell.key, self._report(cell), result, history)
                found.append(self._played[cell.key])
        return found

    def _left_s(self) -> float:
        """How long the rest will take, as far as can be told."""
        took = [cell.seconds for cell in self.state.cells if cell.status == "done" and cell.seconds]
        each = sum(took) / len(took) if took else scenario_of(self.state.asked).load_s + AROUND_S
        return each * len(self.state.pending)

    def _matrix(self) -> Matrix:
        asked, scenario = self.state.asked, scenario_of(self.state.asked)
        return Matrix(
            scenario=scenario.name,
            title=scenario.title,
            shows=scenario.shows,
            subjects=asked.subjects,
            seeds=asked.seeds,
            rates=asked.rates,
            safety_stocks=tuple(dict.fromkeys(cell.key.safety_stock for cell in self._in_order())),
            replay=self.state.replay,
        )

    def _in_order(self) -> tuple[Cell, ...]:
        """Cells of the first seed, whose order is not rotated."""
        return self.state.cells[: len(self.state.asked.subjects) * len(self.state.asked.safety_stocks)]


def card_of(subject: str) -> SubjectInfo:
    """What is known of a subject besides its runs; nothing if a comparison holds one that is gone since."""
    found = ARCHITECTURES.get(subject)
    if found is None:
        return SubjectInfo(subject)
    return SubjectInfo(
        name=found.name,
        guide_ref=found.guide_ref,
        summary=found.summary,
        parts=found.parts,
        crash_safe=found.crash_safe,
        cannot=found.cannot,
        shortened=found.shortened,
    )


def _floor(scenario: Scenario) -> list[tuple[float, float]]:
    return [(ms, oversell_floor_units(scenario, ms / 1000)) for ms in FLOOR_MS]


def _by_person(error: str) -> bool:
    return error.startswith(INTERRUPTED) or f": {INTERRUPTED} from the keyboard" in error
