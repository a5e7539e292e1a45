"""The specification of one run: everything that orchestrator and generator must agree on, without secrets.

Its provenance (commit, versions, machine) is printed in every report.
"""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from stockstorm.loadtests.config.run_options import API_HOST, RunOptions
from stockstorm.loadtests.subjects.own.file import SecretNames, SubjectFile
from stockstorm.reports.file_names import HISTORY, SENT
from stockstorm.scenarios.spec import Scenario


class Provenance(BaseModel):
    """Where a run came from, so that figures can be traced: versions by package, machine by property."""

    model_config = ConfigDict(frozen=True)

    commit: str
    versions: dict[str, str]
    machine: dict[str, str]


class RunSpec(BaseModel):
    """One execution of a scenario. `scenario` has the options applied; `options.subject` is no alias."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: str
    folder: Path
    scenario: Scenario
    options: RunOptions
    replay: str
    provenance: Provenance
    earlier: str = ""  # a stored run of the same service and seed, if nothing empties it
    own: SubjectFile | None = None  # the user's own service; None: an architecture of the reference service

    @property
    def subject(self) -> str:
        """An architecture of the reference service, or the name of the user's own service, which can be its URL."""
        return self.own.name if self.own is not None else self.options.subject

    @property
    def secret_names(self) -> SecretNames:
        """The variables that hold what Stockstorm and the subject share."""
        return self.own.secrets if self.own is not None else SecretNames()

    @property
    def file(self) -> Path:
        return self.folder / "spec.json"

    @property
    def bodies_path(self) -> Path:
        return self.folder / SENT

    @property
    def history_path(self) -> Path:
        return self.folder / HISTORY

    @property
    def plan_path(self) -> Path:
        return self.folder / "plan.jsonl"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"


def reachable(host: str) -> str:
    """Where a process of this machine reaches what listens on `host`, ready for a URL; every address means loopback."""
    if host in ("", "0.0.0.0"):  # noqa: S104 - it is compared, not listened on
        return API_HOST
    if ":" not in host:
        return host
    return "[::1]" if host == "::" else f"[{host}]"
