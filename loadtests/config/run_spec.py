"""The specification of one run: everything that orchestrator and generator must agree on, without secrets."""

import time
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from stockstorm.loadtests.config.checks import read_subject
from stockstorm.loadtests.config.flag import replay_line, require
from stockstorm.loadtests.config.provenance import Provenance, read_provenance
from stockstorm.loadtests.config.run_options import API_HOST, RunOptions, make_scenario
from stockstorm.reports.checkers import MEANINGS
from stockstorm.reports.store import HISTORY, create_run_folder
from stockstorm.scenarios.loader import load
from stockstorm.scenarios.spec import Scenario


class RunSpec(BaseModel):
    """One execution of a scenario. `scenario` has the options applied; `options.subject` is no alias."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: str
    folder: Path
    scenario: Scenario
    options: RunOptions
    replay: str
    provenance: Provenance

    @property
    def subject(self) -> str:
        """An architecture of the reference service, or the URL of a service that already runs."""
        return self.options.subject

    @property
    def file(self) -> Path:
        return self.folder / "spec.json"

    @property
    def history_path(self) -> Path:
        return self.folder / HISTORY

    @property
    def plan_path(self) -> Path:
        return self.folder / "plan.jsonl"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"


def make_spec(options: RunOptions) -> RunSpec:
    """Checks the options and makes the run's folder, with `spec.json` in it. Raises ScenarioError, HistoryError."""
    require(options.problems(load(options.scenario, MEANINGS).faults))
    scenario = make_scenario(options)
    flaw = f"-{options.flaw}" if options.flaw else ""
    run = f"{time.strftime('%Y%m%d-%H%M%S')}-{scenario.name}-{options.seed}{flaw}"
    folder = create_run_folder(options.runs, run)
    spec = RunSpec(
        run=folder.run,
        folder=folder.path.resolve(),
        scenario=scenario,
        options=options.model_copy(update={"subject": read_subject(options.subject, "--subject")}),
        replay=replay_line("run", options),
        provenance=read_provenance(),
    )
    spec.file.write_text(spec.model_dump_json(indent=2), encoding="utf-8")
    return spec


def reachable(host: str) -> str:
    """Where a process of this machine reaches what listens on `host`, ready for a URL; every address means loopback."""
    if host in ("", "0.0.0.0"):  # noqa: S104 - it is compared, not listened on
        return API_HOST
    if ":" not in host:
        return host
    return "[::1]" if host == "::" else f"[{host}]"
