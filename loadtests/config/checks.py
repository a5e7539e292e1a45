"""What `--subject`, `--flaw`, `--fault`, `--cloud`, `--postgres`, `--seed`, `--api-port` and `--probe-url` may be.

A database's URL holds a password: it stays in the environment, and is never in specification, history, log or report.
An error does not repeat what may hold one.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from stockstorm.loadtests.backing.cloud.base import AWS_CLOUDS, PUBSUB_CLOUDS
from stockstorm.loadtests.config.fault_checks import fault_problems
from stockstorm.loadtests.extras import Extra, install, missing
from stockstorm.loadtests.subjects.architectures import ARCHITECTURES, DEFAULT
from stockstorm.loadtests.subjects.flaws import FLAWS
from stockstorm.loadtests.subjects.own.reading import is_subject_file
from stockstorm.loadtests.subjects.own.urls import url_problem
from stockstorm.scenarios.problems import Problem, did_you_mean
from stockstorm.simulator.config import FaultConfig

SEED_MAX: Final = 2**63 - 1
PORT_MAX: Final = 65_535

ALIAS: Final = "reference"
_ADDRESS: Final = re.compile(r"(localhost|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+|[A-Za-z0-9.-]+:\d+)(:\d+)?(/[^?#@]*)?")
_BY_SERVICE: Final[Mapping[str, tuple[str, ...]]] = {
    "sqs": AWS_CLOUDS,
    "eventbridge": AWS_CLOUDS,
    "pubsub": PUBSUB_CLOUDS,
}
CLOUDS: Final = tuple(dict.fromkeys((*AWS_CLOUDS, *PUBSUB_CLOUDS)))

POSTGRES_URL_VARIABLE: Final = "STOCKSTORM_POSTGRES_URL"
POSTGRES_URL: Final = "url"
_DATABASES: Final = ("embedded", "docker", POSTGRES_URL)
_SCHEMES: Final = ("postgresql://", "postgres://")


def seed_problem(seed: int) -> Problem | None:
    """Why this is not a seed."""
    if 0 <= seed <= SEED_MAX:
        return None
    return Problem("--seed", f"{seed} is out of range", f"a whole number from 0 to {SEED_MAX}")


def port_problem(port: int) -> Problem | None:
    """Why this is not a port."""
    if 0 <= port <= PORT_MAX:
        return None
    return Problem("--api-port", f"{port} is not a port", f"write 0 (any free one) to {PORT_MAX}")


# -- subject --------------------------------------------------------------------------


def is_url(subject: str) -> bool:
    """Whether it is a service that runs already, given by its URL."""
    return "://" in subject


def is_own(subject: str) -> bool:
    """Whether it is a service of the user, given by its URL or by a subject file."""
    return is_url(subject) or is_subject_file(subject)


def read_subject(word: str, flag: str) -> str | Problem:
    """The architecture's name, or the URL as given. A refused URL is repeated by scheme, host and path only."""
    name = DEFAULT if word == ALIAS else word
    if is_url(name):
        return url_problem(name, flag) or name
    if is_subject_file(name):
        return name
    if name in ARCHITECTURES:
        return name
    if _ADDRESS.fullmatch(name):
        return Problem(flag, f"{word!r} has no scheme, and no architecture has that name", f"write http://{word}")
    shown = "this" if {*"@?#"} & {*name} else repr(word)
    return Problem(
        flag,
        f"there is no {shown}",
        f"{did_you_mean(name, ARCHITECTURES)}, or the URL of a running service, or subject.toml",
    )


def subject_problems(
    word: str, flaw: str, faults: Sequence[FaultConfig], postgres: str, cloud: str
) -> tuple[Problem, ...]:
    """What is wrong with `--subject`, and with the options that depend on it. `own_checks` has a user's own service."""
    subject = read_subject(word, "--subject")
    if isinstance(subject, Problem):
        found = [cloud_problem(cloud, []), subject, flaw_problem(DEFAULT, flaw)]
    else:
        found = [
            cloud_problem(cloud, [subject]),
            reference_problem(subject, postgres, cloud),
            flaw_problem(subject, flaw),
        ]
        if subject in ARCHITECTURES and cloud in CLOUDS:
            kinds = [fault.kind for fault in faults]
            found += fault_problems(ARCHITECTURES[subject], kinds, postgres, cloud)
    return tuple(problem for problem in found if problem is not None)


def reference_problem(subject: str, postgres: str, cloud: str) -> Problem | None:
    """What the reference service lacks of its packages, which are extras."""
    if subject not in ARCHITECTURES:
        return None
    lacking = [extra for extra in _extras_of(subject, postgres, cloud) if missing(extra)]
    if not lacking:
        return None
    found = f"{subject} of the reference service needs packages that are not installed: {', '.join(missing(*lacking))}"
    return Problem("--subject", found, f"{install(*lacking)}, or give --subject your own service")


def _extras_of(subject: str, postgres: str, cloud: str) -> Iterator[Extra]:
    """What an architecture needs besides the core."""
    yield "reference"
    service = ARCHITECTURES[subject].cloud
    if service:
        yield "gcp" if service == "pubsub" else "aws"
    if "docker" in (postgres, cloud if service else ""):
        yield "docker"


def flaw_problem(subject: str, flaw: str) -> Problem | None:
    """Why this subject, as given by `read_subject`, cannot have the flaw. No flaw is ""."""
    if not flaw:
        return None
    if flaw not in FLAWS:
        return Problem("--flaw", f"there is no flaw {flaw!r}", f"one of: {', '.join(sorted(FLAWS))}")
    if is_own(subject):
        found = "only the reference service has flaws, and this subject is a service of your own"
        return Problem("--flaw", found, f"leave it out, or leave --subject out to see {flaw}")
    if subject not in FLAWS[flaw].subjects:
        having = ", ".join(FLAWS[flaw].subjects)
        return Problem("--flaw", f"{subject} cannot have {flaw}", f"leave it out, or choose a subject: {having}")
    return None


EVIDENCE: Final = ("full", "none")


def evidence_problem(evidence: str) -> Problem | None:
    """Why this is no amount of evidence."""
    if evidence in EVIDENCE:
        return None
    return Problem("--evidence", f"there is no {evidence!r}", f"one of: {', '.join(EVIDENCE)}")


def probe_url_problem(url: str) -> Problem | None:
    """Why this is not the base URL of probes. No URL is ""."""
    instead = "probes need no password where only this machine reaches them"
    return url_problem(url, "--probe-url", "give e.g. http://127.0.0.1:8081", instead) if url else None


def app_url_problem(url: str) -> Problem | None:
    """Why this is not the page of an app. No URL is ""."""
    instead = "the merchant opens it without one"
    return url_problem(url, "--app-url", "give e.g. http://127.0.0.1:8080/", instead) if url else None


# -- backing --------------------------------------------------------------------------


def cloud_problem(word: str, subjects: Iterable[str]) -> Problem | None:
    """Why these subjects cannot run on it. Subjects that need no cloud take every known word."""
    if word not in CLOUDS:
        return Problem("--cloud", f"{word!r} is unknown", f"write one of: {', '.join(CLOUDS)}")
    for subject in subjects:
        service = ARCHITECTURES[subject].cloud if subject in ARCHITECTURES else ""
        if service and word not in _BY_SERVICE[service]:
            remedy = f"write one of: {', '.join(_BY_SERVICE[service])}"
            return Problem("--cloud", f"{word!r} is none of {service}'s, which {subject} needs", remedy)
    return None


def take_postgres_url(option: str) -> str:
    """Moves a URL into the environment, where the orchestrator reads it, and gives `url` for it; else the same word."""
    if not option.startswith(_SCHEMES):
        return option
    os.environ[POSTGRES_URL_VARIABLE] = option
    return POSTGRES_URL


def shell_postgres(kind: str) -> str:
    """The word of a replay line: the URL comes from the user's environment."""
    return f'"${POSTGRES_URL_VARIABLE}"' if kind == POSTGRES_URL else kind


def postgres_problem(kind: str, environment: Mapping[str, str] | None = None) -> Problem | None:
    """Why this database cannot be used."""
    found = (os.environ if environment is None else environment).get(POSTGRES_URL_VARIABLE, "")
    if kind.startswith(_SCHEMES):
        remedy = f"set the environment variable {POSTGRES_URL_VARIABLE} to it, and write --postgres url"
        return Problem("--postgres", "a URL holds a password, and these options are shown to others", remedy)
    if kind == POSTGRES_URL and not found.startswith(_SCHEMES):
        return Problem(
            "--postgres",
            f"{POSTGRES_URL_VARIABLE} {'is no postgresql:// URL' if found else 'is not set'}",
            f"export {POSTGRES_URL_VARIABLE}=postgresql://user:password@host:5432/postgres",
        )
    if kind not in _DATABASES:
        shown = "this kind of URL" if "://" in kind or "@" in kind else repr(kind)
        remedy = f"write embedded, docker, or a postgresql:// URL (or url, with the URL in {POSTGRES_URL_VARIABLE})"
        return Problem("--postgres", f"{shown} is unknown", remedy)
    return None
