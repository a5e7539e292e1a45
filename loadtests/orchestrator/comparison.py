"""Several subjects on the same plans: runs the matrix, interleaved, and judges it as a whole.

For each rate and seed every subject gets the same plan. The order of subjects rotates from seed to seed, so that a
machine that becomes slower affects all of them alike. The state is stored after each run.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

import msgspec

from stockstorm.loadtests.config.comparison_options import ComparisonOptions
from stockstorm.loadtests.config.flag import exact, replay_line, require
from stockstorm.loadtests.config.run_options import BackingOptions, HostOptions, RunOptions
from stockstorm.loadtests.config.run_spec import make_spec
from stockstorm.loadtests.config.scenario import make_scenario
from stockstorm.loadtests.ipc.messages import Live
from stockstorm.loadtests.judged import Judged
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
from stockstorm.loadtests.orchestrator.ending import INTERRUPTED, Show
from stockstorm.loadtests.orchestrator.run import run
from stockstorm.loadtests.subjects.architectures import ARCHITECTURES
from stockstorm.loadtests.subjects.own.reading import is_subject_file, read_subject_file
from stockstorm.reports.compare.build import compare
from stockstorm.reports.compare.comparison import Comparison, FailedRun, Key, Matrix, SubjectInfo
from stockstorm.reports.compare.run_summary import RunSummary, reduce_run
from stockstorm.reports.halves import opened
from stockstorm.reports.render.comparison.page import write_page
from stockstorm.reports.store import RunFolder, read_result
from stockstorm.scenarios.floor import oversell_floor_units
from stockstorm.scenarios.spec import Scenario
from stockstorm.simulator.errors import HistoryError, ScenarioError, StockstormError
from stockstorm.simulator.history.facts import RunEnded
from stockstorm.simulator.io.plan_file import plan_digest

RunOne = Callable[[RunOptions, Show, Callable[[Live], None]], Judged]

SHARED: Final = (*BackingOptions.model_fields, *HostOptions.model_fields)  # options of both commands
OWN: Final = "a service of the user's own"
AROUND_S: Final = 12.0  # estimate of start, quiesce and judgement of a run, beside its load
FLOOR_MS: Final = tuple(10 * 10 ** (step / 12) for step in range(61))  # 10 ms to 1,000 s


class Watcher(Protocol):
    """Shows how far the matrix is."""

    def begin(self, number: int, cells: int, key: Key, left_s: float) -> tuple[Show, Callable[[Live], None]]:
        """A run begins. Gives the two functions that it reports its progress to."""

    def end(self, cell: Cell) -> None:
        """The run ended."""


def run_one(options: RunOptions, show: Show, live: Callable[[Live], None]) -> Judged:
    """One run, as by `stockstorm run`."""
    return run(make_spec(options), show, live)


def scenario_of(options: ComparisonOptions, rate: float | None = None) -> Scenario:
    """The scenario at a rate. Raises ScenarioError."""
    return make_scenario(RunOptions(scenario=options.scenario, rate=rate))


def make_state(options: ComparisonOptions) -> State:
    """The matrix in the order in which it runs. Raises ScenarioError with every problem."""
    require(options.problems())
    scenario = scenario_of(options)
    own = scenario.subject.safety_stock
    pairs = [
        (subject, _declared_stock(subject, own) if stock is None else stock)
        for subject in options.subjects
        for stock in options.safety_stocks
    ]
    cells = []
    for rate in options.rates:
        for turn, seed in enumerate(options.seeds):
            first = turn % len(pairs)
            keys = [Key(subject, seed, rate, stock) for subject, stock in pairs[first:] + pairs[:first]]
            cells += [Cell(key, cell_folder(key, len(options.safety_stocks) > 1)) for key in keys]
    return State(SCHEMA, options, replay_line("compare", options), make_plans(options), tuple(cells))


def _declared_stock(subject: str, of_scenario: int) -> int:
    """The safety stock of a subject that no flag says: that of its file, or the scenario's."""
    declared = read_subject_file(subject).safety_stock if is_subject_file(subject) else None
    return of_scenario if declared is None else declared


def make_plans(options: ComparisonOptions) -> dict[str, str]:
    """The digest of every plan of the matrix, by `plan_name`."""
    plans = {}
    for rate in options.rates:
        scenario = scenario_of(options, rate)
        for seed in options.seeds:
            plans[plan_name(seed, rate)] = plan_digest(scenario.name, scenario, seed)
    return plans


def plan_name(seed: int, rate: float | None) -> str:
    return f"seed {seed}" + ("" if rate is None else f", {exact(rate)} events/s")


def start_comparison(runs: Path, options: ComparisonOptions) -> tuple[Path, State]:
    """A fresh folder with its state. Raises ScenarioError or HistoryError."""
    state = make_state(options)
    folder = runs / f"{PREFIX}{time.strftime('%Y%m%d-%H%M%S')}-{scenario_of(options).name}"
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise HistoryError(str(folder), f"cannot be created: {error.strerror}", "choose another --runs") from error
    write_state(folder, state)
    return folder, state


def resume_comparison(folder: Path) -> State:
    """The state of a comparison whose plans are still what they were. Raises HistoryError or ScenarioError."""
    state = read_state(folder)
    for name, digest in make_plans(state.options).items():
        if state.plans.get(name) != digest:
            found = f"the plan of {name} is no longer the one that was run"
            raise HistoryError(str(folder), found, "the scenario or the program has changed: start a new comparison")
    return state


class ComparisonRun:
    """Runs the pending cells of a comparison, and reports on all of them."""

    def __init__(self, folder: Path, state: State, watcher: Watcher, run: RunOne = run_one) -> None:
        self.folder, self.state = folder, state
        self.interrupted = False
        self._watcher, self._run_one = watcher, run
        self._summaries: dict[Key, RunSummary] = {}

    def run(self) -> None:
        """Runs the pending cells one after the other. A failed one is recorded and the next begins; Ctrl-C ends all."""
        for place in self.state.pending:
            cell = self.state.cells[place]
            left_s = self._left_s()
            begun_s = time.monotonic()
            try:
                show, live = self._watcher.begin(place + 1, len(self.state.cells), cell.key, left_s)
                cell = self._run(cell, show, live)
            except KeyboardInterrupt:
                self.interrupted = True
                self._watcher.end(cell)
                return
            cell = msgspec.structs.replace(cell, seconds=round(time.monotonic() - begun_s, 1))
            self.state = self.state.with_cell(place, cell)
            write_state(self.folder, self.state)
            self._watcher.end(cell)

    def report(self) -> Comparison:
        """Compares all runs so far, and writes comparison.json and comparison.html."""
        summaries = self._all_summaries()
        failed = [FailedRun(cell.key, cell.error) for cell in self.state.cells if cell.status == "failed"]
        options = self.state.options
        floors = {rate: _floor(scenario_of(options, rate)) for rate in options.rates}
        infos = [subject_info(subject) for subject in options.subjects]
        comparison = compare(self._matrix(), infos, summaries, failed, floors)
        write_page(comparison, self.folder / PAGE)
        write_state(self.folder, self.state, comparison)
        return comparison

    def _run(self, cell: Cell, show: Show, live: Callable[[Live], None]) -> Cell:
        key, matrix = cell.key, self.state.options
        options = RunOptions(
            scenario=matrix.scenario,
            seed=key.seed,
            rate=key.rate,
            subject=key.subject,
            safety_stock=key.safety_stock,
            runs=self.folder / cell.folder,
        ).model_copy(
            update={name: getattr(matrix, name) for name in (*BackingOptions.model_fields, *HostOptions.model_fields)}
        )
        try:
            judged = self._run_one(options, show, live)
        except StockstormError as error:
            return _failed(cell, str(error))
        return self._judged(cell, judged)

    def _judged(self, cell: Cell, judged: Judged) -> Cell:
        ended = judged.history.last(RunEnded)
        cell = msgspec.structs.replace(cell, run=judged.folder.run)
        if ended is not None and ended.reason == INTERRUPTED:
            raise KeyboardInterrupt(ended.reason)
        if ended is None or not ended.complete:
            return _failed(cell, ended.reason if ended else "the history has no end")
        wanted = self.state.plans[plan_name(cell.key.seed, cell.key.rate)]
        if judged.result.plan_digest != wanted:
            return _failed(cell, f"its plan ({judged.result.plan_digest[:12]}…) is not the one of the others")
        self._summaries[cell.key] = reduce_run(cell.key, self._report(cell), judged.result, judged.history)
        return msgspec.structs.replace(cell, status="done", error="")

    def _report(self, cell: Cell) -> str:
        return f"{cell.folder}/{cell.run}/report.html"

    def _all_summaries(self) -> list[RunSummary]:
        """The runs of this process, and earlier ones from their stored histories."""
        found = []
        for cell in self.state.cells:
            if cell.status == "done":
                if cell.key not in self._summaries:
                    run = RunFolder(self.folder / cell.folder / cell.run)
                    result = read_result(run.result)
                    with opened(run.history) as history:
                        self._summaries[cell.key] = reduce_run(cell.key, self._report(cell), result, history)
                found.append(self._summaries[cell.key])
        return found

    def _left_s(self) -> float:
        """An estimate of how long the rest takes."""
        took = [cell.seconds for cell in self.state.cells if cell.status == "done" and cell.seconds]
        each = sum(took) / len(took) if took else scenario_of(self.state.options).load_s + AROUND_S
        return each * len(self.state.pending)

    def _matrix(self) -> Matrix:
        options, scenario = self.state.options, scenario_of(self.state.options)
        return Matrix(
            scenario=scenario.name,
            title=scenario.title,
            shows=scenario.shows,
            subjects=options.subjects,
            seeds=options.seeds,
            rates=options.rates,
            safety_stocks=tuple(dict.fromkeys(cell.key.safety_stock for cell in self._in_order())),
            replay=self.state.replay,
            names=own_names(options.subjects),
        )

    def _in_order(self) -> tuple[Cell, ...]:
        """The cells of the first seed, whose order is not rotated."""
        return self.state.cells[: len(self.state.options.subjects) * len(self.state.options.safety_stocks)]


def own_names(subjects: Sequence[str]) -> dict[str, str]:
    """The names in subject files, by subject. Left out are a name that two share, and a file that is gone."""
    found: dict[str, str] = {}
    for subject in filter(is_subject_file, subjects):
        with suppress(ScenarioError):
            found[subject] = read_subject_file(subject).name
    shared = Counter([*found.values(), *(subject for subject in subjects if subject not in found)])
    return {subject: name for subject, name in found.items() if shared[name] == 1}


def subject_info(subject: str) -> SubjectInfo:
    """What is known of a subject beside its runs. Only the name, if this version no longer has the subject."""
    found = ARCHITECTURES.get(subject)
    if found is None:
        return SubjectInfo(subject, summary=OWN if is_subject_file(subject) else "")
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


def _failed(cell: Cell, error: str) -> Cell:
    return msgspec.structs.replace(cell, status="failed", error=error)
