"""The options of a run: one model for the command line, Locust, Python, the replay line and the generator.

A new flag is one field here. Its effect is wherever `RunOptions` or `RunSpec.options` is read.
"""

import sys
from collections.abc import Sequence
from typing import Annotated, Final

from stockstorm.loadtests.config.checks import (
    ALIAS,
    EVIDENCE,
    POSTGRES_URL_VARIABLE,
    app_url_problem,
    evidence_problem,
    port_problem,
    postgres_problem,
    probe_url_problem,
    seed_problem,
    shell_postgres,
    subject_problems,
    take_postgres_url,
)
from stockstorm.loadtests.config.flag import SOURCE, Flag, LocustField, Options
from stockstorm.loadtests.config.own_checks import evidence_problems, own_problems, own_service, probe_problems
from stockstorm.loadtests.config.runs_folder import RunsFolder
from stockstorm.loadtests.exits import exit_code, print_error
from stockstorm.loadtests.subjects.architectures import ARCHITECTURES
from stockstorm.loadtests.subjects.flaws import FLAWS
from stockstorm.loadtests.subjects.own.file import SubjectFile
from stockstorm.scenarios.flags import (
    api_faults_problem,
    faults_problem,
    rate_problem,
    read_faults,
    safety_stock_problem,
    seconds_problem,
)
from stockstorm.scenarios.loader import shipped_names
from stockstorm.scenarios.problems import Problem, scenario_error
from stockstorm.simulator.config import API_FAULTS, FAULTS, FaultConfig

API_HOST: Final = "127.0.0.1"  # loopback by default, because whoever reaches the simulated APIs can guess tokens


def refuse_postgres_url(word: str) -> str:
    """For Locust, whose web UI shows its command line: ends the program instead of showing a password."""
    if "://" in word and (problem := postgres_problem(word)):
        error = scenario_error(SOURCE, [problem])
        print_error(error)
        sys.exit(exit_code(error))
    return word


class PlanOptions(Options):
    """What decides a plan."""

    scenario: Annotated[
        str,
        Flag(
            "name, or path of a TOML file",
            positional=True,
            replay="always",
            locust=LocustField(default="smoke", variable="STOCKSTORM_SCENARIO"),
            words=shipped_names,
        ),
    ]
    seed: Annotated[
        int,
        Flag(
            "what replays the run: same seed, same plan",
            check=seed_problem,
            replay="always",
            locust=LocustField(variable="STOCKSTORM_SEED"),
        ),
    ] = 1
    rate: Annotated[
        float | None,
        Flag("events a second instead of the scenario's rates", check=rate_problem, locust=LocustField("event_rate")),
    ] = None
    seconds: Annotated[
        float | None,
        Flag("length of the load instead of the scenario's", check=seconds_problem, locust=LocustField("load_seconds")),
    ] = None


class BackingOptions(Options):
    """The database and the cloud that a subject uses."""

    postgres: Annotated[
        str,
        Flag(
            f"embedded, docker, a postgresql:// URL, or url with it in {POSTGRES_URL_VARIABLE}",
            parse=take_postgres_url,
            check=postgres_problem,
            shell=shell_postgres,
            locust=LocustField(
                parse=refuse_postgres_url, help=f"embedded, docker, or url (with the URL in {POSTGRES_URL_VARIABLE})"
            ),
        ),
    ] = "embedded"
    cloud: Annotated[
        str,
        Flag("embedded (emulators), docker (emulators in it) or real, for architectures on a cloud", locust=None),
    ] = "embedded"


class HostOptions(Options):
    """Where a user's own service may be, and how it is known there."""

    ca: Annotated[str, Flag("file of the authority that signed the certificate of your own service")] = ""
    allow_hosts: Annotated[
        tuple[str, ...],
        Flag("host of your own service that is not this machine, and may take the load", name="allow-host"),
    ] = ()


class RunOptions(RunsFolder, HostOptions, BackingOptions, PlanOptions):
    """Flags of `stockstorm run` and of the locustfile."""

    faults: Annotated[
        tuple[str, ...],
        Flag(
            f"KIND@SECONDS+DURATION, e.g. kill_worker@10+2; kinds: {', '.join(FAULTS)}",
            name="fault",
            check=faults_problem,
        ),
    ] = ()
    api_faults: Annotated[
        tuple[str, ...],
        Flag(
            f"[API:]KIND@SECONDS+DURATION[*SHARE], e.g. admin:server_error@10+5; kinds: {', '.join(API_FAULTS)}",
            name="api-fault",
            check=api_faults_problem,
        ),
    ] = ()
    subject: Annotated[
        str,
        Flag(
            "reference, another architecture of it, or your own service: a URL or a subject file",
            words=lambda: (ALIAS, *ARCHITECTURES),
        ),
    ] = ALIAS
    flaw: Annotated[str, Flag("start the reference service with this flaw", words=lambda: FLAWS)] = ""
    evidence: Annotated[
        str,
        Flag(
            "full, or none: the reference service without probes and references",
            check=evidence_problem,
            words=lambda: EVIDENCE,
        ),
    ] = "full"
    safety_stock: Annotated[
        int | None, Flag("units that the subject holds back on listings", check=safety_stock_problem)
    ] = None
    probe_url: Annotated[
        str,
        Flag(
            "base URL of your own service's probes, where it is not the address of --subject", check=probe_url_problem
        ),
    ] = ""
    app_url: Annotated[
        str,
        Flag(
            "page of your own app, which is opened as by the merchant when the scenario installs the app again",
            check=app_url_problem,
        ),
    ] = ""
    api_port: Annotated[int, Flag("port of the simulated APIs; 0: any free one", check=port_problem)] = 0
    api_host: Annotated[
        str, Flag("address that the simulated APIs listen on; every network of that address reaches them")
    ] = API_HOST

    def problems(self, scenario_faults: Sequence[FaultConfig] = ()) -> list[Problem]:
        """Every problem of these options. `scenario_faults` are those of the scenario file."""
        faults = (*scenario_faults, *read_faults(self.faults))
        depending = [*subject_problems(self.subject, self.flaw, faults, self.postgres, self.cloud)]
        depending += probe_problems(self.subject, self.probe_url, self.ca)
        depending += evidence_problems(self.subject, self.evidence)
        if not depending and (own := self.own()) is not None:
            depending += own_problems(own, self.api_port, [fault.kind for fault in faults])
        return [*super().problems(), *depending]

    def own(self) -> SubjectFile | None:
        """The user's own service that is the subject. Raises ScenarioError for a subject file with problems."""
        return own_service(self.subject, self.probe_url, self.app_url, self.ca)
