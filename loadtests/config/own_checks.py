"""What the options of a run with a user's own service may be: its file, secrets, faults and hosts.

A running service read port and secrets when it started, before the run. If they were drawn for the run, the service
would know neither: every call would be refused and every signature wrong. One that Stockstorm starts is told.
"""

import os
import socket
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from stockstorm.loadtests.config.checks import EVIDENCE, is_own, is_url
from stockstorm.loadtests.subjects.own.file import SecretNames, SubjectFile
from stockstorm.loadtests.subjects.own.reading import is_subject_file, of_url, read_subject_file
from stockstorm.loadtests.subjects.own.urls import host_of, trusting
from stockstorm.loadtests.subjects.own.values import filled, names_in
from stockstorm.scenarios.problems import Problem
from stockstorm.scenarios.spec import Scenario
from stockstorm.simulator.config import FAULTS, PROCESS_NAMES, FaultKind
from stockstorm.simulator.errors import SubjectError
from stockstorm.simulator.io.own_addresses import is_own_address
from stockstorm.simulator.plan.rates import expected_events

SECRETS: Final = SecretNames().by_role()  # names of variables by what they hold
ALLOW: Final = "--allow-host"
NEXT_SECRET: Final = SecretNames().next_client_secret


def own_service(subject: str, probe_url: str = "", app_url: str = "", authority: str = "") -> SubjectFile | None:
    """The user's own service that `--subject` names, with what other flags say of it. None for another subject.

    Raises ScenarioError for a file with problems.
    """
    if is_url(subject):
        file = of_url(subject)
    elif is_subject_file(subject):
        file = read_subject_file(subject)
    else:
        return None
    given = {"probes": probe_url, "app_url": app_url, "ca": str(Path(authority).resolve()) if authority else ""}
    return file.model_copy(update={key: value for key, value in given.items() if value})


def own_problems(
    own: SubjectFile, api_port: int, kinds: Sequence[FaultKind] = (), environment: Mapping[str, str] | None = None
) -> Iterator[Problem]:
    """What a run with this service lacks."""
    given = os.environ if environment is None else environment
    if not own.life.starts:
        if not (api_port or own.api_port):
            stated = "is not set, so your service cannot know where the simulated APIs are"
            yield Problem("--api-port", stated, "write e.g. --api-port 9400, and point your service there")
        if unset := [name for name in own.secrets.by_role().values() if not given.get(name)]:
            remedy = "export for your service and for this command; where your service uses none, any word will do"
            yield Problem(", ".join(unset), "not set, so your service cannot know what is drawn instead", remedy)
    try:
        trusting(own.ca)
    except SubjectError as error:
        yield Problem(error.where, error.found, error.remedy)
    if own.reads.sql is not None and not given.get(own.reads.sql.url):
        remedy = "export it, e.g. postgresql+psycopg://user:password@host/database"
        yield Problem(own.reads.sql.url, "not set, but [reads.sql] names it", remedy)
    yield from _fault_problems(own, kinds)


def _fault_problems(own: SubjectFile, kinds: Sequence[FaultKind]) -> Iterator[Problem]:
    """Stockstorm can only disturb processes that it started."""
    processes = own.life.commands()
    if not kinds:
        return
    if not processes:
        remedy = (
            "run a scenario without faults, e.g. smoke or flash_sale, and leave --fault out; or give Stockstorm its "
            "`start` in a subject file"
        )
        found = f"{own.webhooks} was not started by Stockstorm, which therefore cannot apply its faults"
        yield Problem("--subject", f"{found} ({', '.join(sorted({*kinds}))})", remedy)
        return
    having = {*own.life.roles(), "subject"}
    if lacking := sorted({kind for kind in kinds if FAULTS[kind].target not in having}):
        yield _lacking(own.name, tuple(processes), lacking, having)


def _lacking(name: str, processes: Sequence[str], kinds: Sequence[FaultKind], having: Collection[str]) -> Problem:
    """Faults of processes that a service does not have, or that its file calls otherwise."""
    targets = sorted({FAULTS[kind].target for kind in kinds})
    whole = "one process" if len(processes) == 1 else f"the processes {', '.join(processes)}"
    found = f"{name} has {whole}, and no {' and no '.join(targets)} for {', '.join(kinds)}"
    can = ", ".join(kind for kind, fault in FAULTS.items() if fault.target in having)
    roles = [target for target in targets if target in PROCESS_NAMES.values()]
    named = f"; or call the process that is its {' or '.join(roles)} so under [life.processes]" if roles else ""
    return Problem("--fault", found, f"use one of {can}{named}; or choose a scenario without such faults")


def rotation_problem(own: SubjectFile | None, rotated: bool) -> Problem | None:
    """The second secret that a running service must know where the scenario rotates the first."""
    if own is None or not rotated or own.life.starts or os.environ.get(own.secrets.next_client_secret):
        return None
    remedy = "export it, and give it to your service besides the present client secret"
    name = own.secrets.next_client_secret
    return Problem(name, "not set, but the scenario rotates the client secret to it", remedy)


def evidence_problems(subject: str, evidence: str) -> list[Problem]:
    """What is wrong with `--evidence` for this subject."""
    if evidence == EVIDENCE[0] or not is_own(subject):
        return []
    found = "only the reference service can be started without evidence, and this subject is a service of your own"
    return [Problem("--evidence", found, "leave it out")]


def probe_problems(subject: str, probe_url: str, authority: str = "") -> list[Problem]:
    """What is wrong with `--probe-url` and `--ca` for this subject."""
    if is_own(subject):
        return []
    found = f"Stockstorm starts {subject} itself and knows where its probes are"
    remedy = "leave it out, or give --subject your own service"
    return [Problem(flag, found, remedy) for flag, value in (("--probe-url", probe_url), ("--ca", authority)) if value]


# -- which hosts ------------------------------------------------------------------------------------------------------


def is_this_machine(host: str) -> bool:
    """Whether a host is this machine. A name is, if every address that it has is. One without addresses is nobody's."""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return True  # nothing can be sent there; the first request says so
    return all(map(is_own_address, found))


def foreign_hosts(own: SubjectFile) -> dict[str, str]:
    """Hosts of its addresses that are not this machine, each with the first address."""
    found: dict[str, str] = {}
    for url in own.addresses().values():
        host = host_of(filled(url, dict.fromkeys(names_in(url), "1")))
        if host and host not in found and not is_this_machine(host):
            found[host] = url
    return found


def host_problems(own: SubjectFile, allowed: Sequence[str], sent: str, flag: str = ALLOW) -> list[Problem]:
    """Every host that is not this machine and was not allowed by its name, with what would be sent there."""
    return [host_problem(host, url, sent, flag) for host, url in foreign_hosts(own).items() if host not in allowed]


def host_problem(host: str, url: str, sent: str, flag: str = ALLOW) -> Problem:
    """Another machine that nobody allowed. `sent`: what it would be sent. `flag`: what allows it."""
    remedy = f"if that service is yours, serves no customers, and may take this: {flag} {host}"
    return Problem(flag, f"{url} is not on this machine; it would be sent {sent}", remedy)


def warnings_of(own: SubjectFile, scenario: Scenario) -> list[str]:
    """What a run is about to send to hosts that are not this machine and were allowed."""
    sent = what_is_sent(scenario)
    return [f"{url} is not on this machine; it is sent {sent}" for url in foreign_hosts(own).values()]


def what_is_sent(scenario: Scenario) -> str:
    """What, how fast and for how long, in one sentence."""
    events, seconds = expected_events(scenario), scenario.load_s
    each = f"about {events:,.0f} webhooks within {seconds:,.0f} s, {events / seconds:,.0f} a second on average"
    return f"{each}, some of them forged, delivered again or late"
