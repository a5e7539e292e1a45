"""The matrix: its order, its state after each run, what fails, what is interrupted, and how it resumes."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from stockstorm.loadtests.config.comparison_options import ComparisonOptions
from stockstorm.loadtests.config.run_options import RunOptions
from stockstorm.loadtests.config.scenario import make_scenario
from stockstorm.loadtests.ipc.messages import Live
from stockstorm.loadtests.judged import Judged
from stockstorm.loadtests.orchestrator.comparison import (
    ComparisonRun,
    make_state,
    own_names,
    resume_comparison,
    start_comparison,
    subject_info,
)
from stockstorm.loadtests.orchestrator.comparison_state import Cell, read_state
from stockstorm.loadtests.orchestrator.ending import INTERRUPTED
from stockstorm.reports.compare.comparison import Key
from stockstorm.reports.history import History
from stockstorm.reports.render.files import json_file
from stockstorm.reports.store import create_run_folder
from stockstorm.reports.verdict.judge import judge
from stockstorm.simulator.errors import HistoryError, SubjectError
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.plan.planner import make_plan
from tests.stored_history import sealed
from tests.unit.reports.synthetic import flash_sale

MATRIX = ComparisonOptions(scenario="smoke", subjects=("polling", "webhook"), seeds=(1, 2))


class Watcher:
    """Keeps what it was called with."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.left: list[float] = []
        self.ended: list[str] = []

    def begin(
        self, number: int, cells: int, key: Key, left_s: float
    ) -> tuple[Callable[[str], None], Callable[[Live], None]]:
        self.begun.append(f"{number} of {cells}: {key.text}")
        self.left.append(left_s)
        return lambda _step: None, lambda _figures: None

    def end(self, cell: Cell) -> None:
        self.ended.append(cell.status)


class Runner:
    """Stores a synthetic run instead of a real one. `trouble` is raised, by the number of the run.

    The history of run `interrupted` says that it was interrupted.
    """

    def __init__(self, trouble: dict[int, BaseException] | None = None, digest: str = "", interrupted: int = 0) -> None:
        self.trouble, self.digest, self.interrupted = trouble or {}, digest, interrupted
        self.options: list[RunOptions] = []

    def __call__(self, options: RunOptions, _show: object, _live: object) -> Judged:
        self.options.append(options)
        if (error := self.trouble.get(len(self.options))) is not None:
            raise error
        scenario = make_scenario(options)
        digest = self.digest or make_plan(scenario.name, scenario, options.seed).digest()
        started = {"plan_digest": digest, "seed": options.seed}
        facts = [
            msgspec.structs.replace(fact, **started) if isinstance(fact, f.RunStarted) else fact
            for fact in flash_sale()
        ]
        name = f"run-{options.seed}"
        if len(self.options) == self.interrupted:
            name = "interrupted"
            facts[-1] = f.RunEnded(facts[-1].at_ns, complete=False, reason=INTERRUPTED)
        folder = create_run_folder(options.runs, name)
        history = History.of(facts)
        folder.history.write_bytes(sealed(facts))
        result = judge(history)
        json_file(result, history, folder)
        return Judged(result, history, folder)


def statuses(folder: Path) -> list[str]:
    return [cell.status for cell in read_state(folder).cells]


def test_the_order_of_subjects_is_rotated_from_seed_to_seed() -> None:
    cells = make_state(MATRIX.model_copy(update={"safety_stocks": (0, 2)})).cells
    assert [(cell.key.seed, cell.key.subject, cell.key.safety_stock) for cell in cells] == [
        (1, "polling", 0),
        (1, "polling", 2),
        (1, "webhook", 0),
        (1, "webhook", 2),
        (2, "polling", 2),
        (2, "webhook", 0),
        (2, "webhook", 2),
        (2, "polling", 0),
    ]


def test_there_is_one_plan_for_each_seed_and_rate() -> None:
    plans = make_state(MATRIX.model_copy(update={"rates": (None, 50.0)})).plans
    assert list(plans) == ["seed 1", "seed 2", "seed 1, 50 events/s", "seed 2, 50 events/s"]
    assert len(set(plans.values())) == 4


def test_the_replay_command_gives_the_same_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOCKSTORM_POSTGRES_URL", "postgresql://me:hush@host/db")
    matrix = MATRIX.model_copy(
        update={"rates": (50.0, 123.456789), "safety_stocks": (0, 2), "cloud": "real", "postgres": "url"}
    )
    assert make_state(matrix).replay == (
        'stockstorm compare smoke --postgres "$STOCKSTORM_POSTGRES_URL" --cloud real --subjects polling,webhook '
        "--seeds 1,2 --rates 50,123.456789 --safety-stock 0,2"
    )


def test_every_cell_runs_with_its_own_options_and_the_report_is_written(tmp_path: Path) -> None:
    folder, state = start_comparison(tmp_path, MATRIX)
    watcher, runner = Watcher(), Runner()
    comparing = ComparisonRun(folder, state, watcher, runner)
    comparing.run()
    comparison = comparing.report()
    assert comparison.complete
    assert watcher.begun == [
        "1 of 4: polling, seed 1",
        "2 of 4: webhook, seed 1",
        "3 of 4: webhook, seed 2",
        "4 of 4: polling, seed 2",
    ]
    assert watcher.left[0] == pytest.approx(4 * 17.0)
    assert {(one.subject, one.seed, one.safety_stock) for one in runner.options} == {
        (subject, seed, 0) for subject in MATRIX.subjects for seed in MATRIX.seeds
    }
    assert statuses(folder) == ["done"] * 4
    assert "polling/run-1/report.html" in (folder / "comparison.html").read_text()


def test_a_subject_that_cannot_start_is_recorded_and_the_matrix_continues(tmp_path: Path) -> None:
    folder, state = start_comparison(tmp_path, MATRIX)
    runner = Runner({1: SubjectError("polling", "it died at once", "read its log")})
    comparing = ComparisonRun(folder, state, Watcher(), runner)
    comparing.run()
    assert statuses(folder) == ["failed", "done", "done", "done"]
    assert read_state(folder).cells[0].error == "polling: it died at once\n  → read its log"
    assert not comparing.report().complete


def test_a_run_of_another_plan_counts_as_failed(tmp_path: Path) -> None:
    folder, state = start_comparison(tmp_path, MATRIX.model_copy(update={"seeds": (1,)}))
    comparing = ComparisonRun(folder, state, Watcher(), Runner(digest="f00dfeed" * 8))
    comparing.run()
    assert statuses(folder) == ["failed", "failed"]
    assert read_state(folder).cells[0].error == "its plan (f00dfeedf00d…) is not the one of the others"


@pytest.mark.parametrize("recorded", [False, True])
def test_an_interrupted_comparison_resumes_where_it_stopped(tmp_path: Path, recorded: bool) -> None:
    folder, state = start_comparison(tmp_path, MATRIX)
    first = Runner(interrupted=3) if recorded else Runner({3: KeyboardInterrupt()})
    watcher = Watcher()
    comparing = ComparisonRun(folder, state, watcher, first)
    comparing.run()
    assert comparing.interrupted
    assert watcher.ended == ["done", "done", "pending"]
    assert statuses(folder) == ["done", "done", "pending", "pending"]
    assert not comparing.report().complete

    second, later = Runner(), Watcher()
    continued = ComparisonRun(folder, resume_comparison(folder), later, second)
    continued.run()
    assert later.begun == ["3 of 4: webhook, seed 2", "4 of 4: polling, seed 2"]
    comparison = continued.report()
    assert comparison.complete
    assert [len(entry.runs) for entry in comparison.by_rate[0].entries] == [2, 2]


def test_a_failed_run_is_tried_again(tmp_path: Path) -> None:
    folder, state = start_comparison(tmp_path, MATRIX)
    ComparisonRun(folder, state, Watcher(), Runner({2: SubjectError("webhook", "no port", "free one")})).run()
    again = Watcher()
    ComparisonRun(folder, resume_comparison(folder), again, Runner()).run()
    assert again.begun == ["2 of 4: webhook, seed 1"]
    assert statuses(folder) == ["done"] * 4


def test_a_comparison_whose_plans_have_changed_is_not_continued(tmp_path: Path) -> None:
    folder, _ = start_comparison(tmp_path, MATRIX)
    text = (folder / "comparison.json").read_text()
    (folder / "comparison.json").write_text(text.replace(read_state(folder).plans["seed 2"], "0" * 64))
    with pytest.raises(HistoryError, match="the plan of seed 2 is no longer the one that was run"):
        resume_comparison(folder)


def test_a_subject_that_no_longer_exists_has_only_a_name() -> None:
    info = subject_info("queue-of-old")
    assert (info.parts, info.crash_safe, info.cannot) == ((), "", {})
    assert subject_info("polling").guide_ref == "D1"


def test_services_of_ones_own_are_called_by_the_names_in_their_files(tmp_path: Path) -> None:
    def file(folder: str, name: str = "") -> str:
        path = tmp_path / folder / "subject.toml"
        path.parent.mkdir()
        path.write_text(f'{f"name = {name!r}" if name else ""}\nwebhooks = "http://127.0.0.1:8080/webhooks"\n')
        return str(path)

    before, after, shared, other = file("before"), file("after", "the new one"), file("a", "same"), file("b", "same")
    gone = str(tmp_path / "gone.toml")
    subjects = ("polling", before, after, shared, other, gone)
    assert own_names(subjects) == {before: "before", after: "the new one"}


def test_two_versions_of_one_service_are_compared_by_their_files_and_named_on_the_page(tmp_path: Path) -> None:
    files = {}
    for name in ("before", "after"):
        files[name] = tmp_path / f"{name}.toml"
        text = 'webhooks = "http://127.0.0.1:${port}/webhooks"\n[life]\nstart = "serve"\n'
        files[name].write_text(f'name = "the one {name}"\n{text}')
    options = ComparisonOptions(scenario="smoke", subjects=tuple(map(str, files.values())), seeds=(1, 2))
    folder, state = start_comparison(tmp_path / "runs", options)
    runner = Runner()
    comparing = ComparisonRun(folder, state, Watcher(), runner)
    comparing.run()
    comparison = comparing.report()
    assert comparison.complete
    assert {one.subject for one in runner.options} == set(options.subjects)
    assert {entry.label for entry in comparison.by_rate[0].entries} == {"the one before", "the one after"}
    page = (folder / "comparison.html").read_text()
    assert "the one before" in page
    assert "the one after" in page
