"""From what a user asked for to a run's specification and folder."""

import shlex
import time
from pathlib import Path

import msgspec

from stockstorm.loadtests.config.backing_options import REPLAY, URL, cloud_problem, postgres_problem
from stockstorm.loadtests.config.provenance import read_provenance
from stockstorm.loadtests.config.run_spec import API_HOST, RunSpec
from stockstorm.loadtests.config.subject_options import ALIAS, fault_problem, flaw_problem, own_problems, read_subject
from stockstorm.loadtests.subjects.architectures import DEFAULT
from stockstorm.reports.checkers import MEANINGS
from stockstorm.reports.store import create_run_folder
from stockstorm.scenarios.flags import with_faults, with_flags, with_safety_stock
from stockstorm.scenarios.loader import load
from stockstorm.scenarios.problems import Problem, scenario_error
from stockstorm.scenarios.spec import Scenario

SEED_MAX = 2**63 - 1
PORT_MAX = 65_535


class RunOptions(msgspec.Struct, frozen=True):
    """Flags of `stockstorm run` and of the locustfile."""

    scenario: str
    seed: int = 1
    rate: float | None = None  # events a second
    seconds: float | None = None
    faults: tuple[str, ...] = ()  # e.g. "kill_worker@10"
    subject: str = "reference"
    flaw: str = ""
    safety_stock: int | None = None  # units; None: the scenario's own
    postgres: str = "embedded"  # embedded, docker, or url: the URL itself stays in the environment
    cloud: str = "embedded"  # a word of loadtests.cloud_option
    api_port: int = 0
    api_host: str = API_HOST
    runs: Path = Path("runs")


def make_scenario(options: RunOptions) -> Scenario:
    """The scenario with flags applied. Raises ScenarioError with every problem."""
    scenario = with_flags(load(options.scenario, MEANINGS), rate=options.rate, seconds=options.seconds)
    return with_safety_stock(with_faults(scenario, options.faults), options.safety_stock)


def make_spec(options: RunOptions) -> RunSpec:
    """Validates the options and makes the run's folder, with `spec.json` in it. Raises ScenarioError, HistoryError."""
    scenario = make_scenario(options)
    subject = _checked(options, scenario)
    run = f"{time.strftime('%Y%m%d-%H%M%S')}-{scenario.name}-{options.seed}" + (
        f"-{options.flaw}" if options.flaw else ""
    )
    folder = create_run_folder(options.runs, run)
    spec = RunSpec(
        run=folder.run,
        folder=str(folder.path.resolve()),
        scenario=scenario.model_dump(mode="json"),
        seed=options.seed,
        subject=subject,
        flaw=options.flaw,
        postgres=options.postgres,
        cloud=options.cloud,
        api_port=options.api_port,
        api_host=options.api_host,
        replay=_replay(options),
        provenance=read_provenance(),
    )
    (folder.path / "spec.json").write_bytes(msgspec.json.format(msgspec.json.encode(spec)))
    return spec


def seed_problem(seed: int) -> Problem | None:
    """Why this is no seed."""
    if 0 <= seed <= SEED_MAX:
        return None
    return Problem("--seed", f"{seed} is out of range", f"a whole number from 0 to {SEED_MAX}")


def exact(number: float) -> str:
    """Every digit of a number for a flag: 100 for 100.0, and what reads back as the same number."""
    return str(int(number)) if number.is_integer() else repr(number)


def _checked(options: RunOptions, scenario: Scenario) -> str:
    """The subject, once every other flag fits too. Raises ScenarioError with all problems, before anything is made."""
    subject = read_subject(options.subject, "--subject")
    found = [
        postgres_problem(options.postgres),
        cloud_problem(options.cloud, [] if isinstance(subject, Problem) else [subject]),
    ]
    if isinstance(subject, Problem):
        found.append(subject)
    else:
        found.append(fault_problem(subject, scenario.faults, "--subject"))
        found += own_problems(subject, options.api_port)
    found.append(flaw_problem(DEFAULT if isinstance(subject, Problem) else subject, options.flaw))
    found.append(seed_problem(options.seed))
    if not 0 <= options.api_port <= PORT_MAX:
        found.append(Problem("--api-port", f"{options.api_port} is no port", f"write 0 (any free one) to {PORT_MAX}"))
    problems = [problem for problem in found if problem is not None]
    if problems or isinstance(subject, Problem):
        raise scenario_error("flags", problems)
    return subject


def _replay(options: RunOptions) -> str:
    """The command that plays the same again, for a shell: a database's URL stays in the user's environment."""
    words = ["stockstorm", "run", options.scenario, "--seed", str(options.seed)]
    for flag, number in (("--rate", options.rate), ("--seconds", options.seconds)):
        if number is not None:
            words += [flag, exact(number)]
    for fault in options.faults:
        words += ["--fault", fault]
    for flag, word, left_out in (
        ("--subject", options.subject, ALIAS),
        ("--flaw", options.flaw, ""),
        ("--safety-stock", "" if options.safety_stock is None else str(options.safety_stock), ""),
        ("--postgres", "embedded" if options.postgres == URL else options.postgres, "embedded"),
        ("--cloud", options.cloud, "embedded"),
        ("--api-port", str(options.api_port), "0"),
        ("--api-host", options.api_host, API_HOST),
    ):
        if word != left_out:
            words += [flag, word]
    return shlex.join(words) + (f" {REPLAY}" if options.postgres == URL else "")
