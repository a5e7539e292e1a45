"""What `--subject`, `--flaw`, `--fault`, `--cloud`, `--postgres`, `--seed`, `--api-port` and `--probe-url` may be.

A subject's URL goes into history and reports, so it must hold no secret. A database's URL holds a password: it stays in
the environment, and is never in specification, history, log or report. An error does not repeat what may hold either.
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from stockstorm.loadtests.backing.cloud.base import AWS_CLOUDS, PUBSUB_CLOUDS
from stockstorm.loadtests.config.fault_checks import fault_problems
from stockstorm.loadtests.subjects.architectures import ARCHITECTURES, DEFAULT
from stockstorm.loadtests.subjects.flaws import FLAWS
from stockstorm.scenarios.problems import Problem, did_you_mean
from stockstorm.simulator.config import FaultConfig, FaultKind

SEED_MAX: Final = 2**63 - 1
PORT_MAX: Final = 65_535

ALIAS: Final = "reference"
_ADDRESS: Final = re.compile(r"(localhost|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+|[A-Za-z0-9.-]+:\d+)(:\d+)?(/[^?#@]*)?")
SECRETS: Final = {
    name: f"STOCKSTORM_{name.upper()}" for name in ("admin_token", "client_secret", "channel_token", "channel_secret")
}
NEXT_SECRET: Final = "STOCKSTORM_NEXT_CLIENT_SECRET"  # noqa: S105 - a name of the environment; that a scenario rotates to

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


def read_subject(word: str, flag: str) -> str | Problem:
    """The architecture's name, or the URL as given. A refused URL is repeated by scheme, host and path only."""
    name = DEFAULT if word == ALIAS else word
    if is_url(name):
        return _url_problem(name, flag) or name
    if name in ARCHITECTURES:
        return name
    if _ADDRESS.fullmatch(name):
        return Problem(flag, f"{word!r} has no scheme, and no architecture has that name", f"write http://{word}")
    shown = "this" if {*"@?#"} & {*name} else repr(word)
    return Problem(
        flag, f"there is no {shown}", f"{did_you_mean(name, ARCHITECTURES)}, or the URL of a running service"
    )


def subject_problems(
    word: str, flaw: str, api_port: int, faults: Sequence[FaultConfig], postgres: str, cloud: str
) -> tuple[Problem, ...]:
    """What is wrong with `--subject`, and with the options that depend on it."""
    subject = read_subject(word, "--subject")
    kinds = [fault.kind for fault in faults]
    if isinstance(subject, Problem):
        found = [cloud_problem(cloud, []), subject, flaw_problem(DEFAULT, flaw)]
    else:
        found = [cloud_problem(cloud, [subject]), *own_problems(subject, api_port), flaw_problem(subject, flaw)]
        if is_url(subject):
            found.append(_own_fault_problem(subject, kinds))
        elif cloud in CLOUDS:
            found += fault_problems(ARCHITECTURES[subject], kinds, postgres, cloud)
    return tuple(problem for problem in found if problem is not None)


def _own_fault_problem(url: str, kinds: Sequence[FaultKind]) -> Problem | None:
    """Stockstorm can only disturb processes that it started."""
    if not kinds:
        return None
    remedy = "run a scenario without faults, e.g. smoke or flash_sale, and leave --fault out; or run it on reference"
    found = f"{url} was not started by Stockstorm, which therefore cannot apply its faults"
    return Problem("--subject", f"{found} ({', '.join(sorted({*kinds}))})", remedy)


def rotation_problem(subject: str, rotated: bool) -> Problem | None:
    """The second secret that a service of one's own must know where the scenario rotates the first."""
    if not (rotated and is_url(subject)) or os.environ.get(NEXT_SECRET):
        return None
    remedy = "export it, and give it to your service besides the present client secret"
    return Problem(NEXT_SECRET, "not set, but the scenario rotates the client secret to it", remedy)


def flaw_problem(subject: str, flaw: str) -> Problem | None:
    """Why this subject, as given by `read_subject`, cannot have the flaw. No flaw is ""."""
    if not flaw:
        return None
    if flaw not in FLAWS:
        return Problem("--flaw", f"there is no flaw {flaw!r}", f"one of: {', '.join(sorted(FLAWS))}")
    if is_url(subject):
        found = "only the reference service has flaws, and this subject is a service of your own"
        return Problem("--flaw", found, f"leave it out, or leave --subject out to see {flaw}")
    if subject not in FLAWS[flaw].subjects:
        having = ", ".join(FLAWS[flaw].subjects)
        return Problem("--flaw", f"{subject} cannot have {flaw}", f"leave it out, or choose a subject: {having}")
    return None


def own_problems(subject: str, api_port: int, environment: Mapping[str, str] | None = None) -> list[Problem]:
    """What is not set for a subject given by URL. Nothing for others, because Stockstorm configures those.

    A running service read port and secrets when it started, before the run. If they were drawn for the run, the
    service would know neither: every call would be refused and every signature wrong.
    """
    if not is_url(subject):
        return []
    given = os.environ if environment is None else environment
    found: list[Problem] = []
    if not api_port:
        stated = "is not set, so your service cannot know where the simulated APIs are"
        found.append(Problem("--api-port", stated, "write e.g. --api-port 9400, and point your service there"))
    if unset := [name for name in SECRETS.values() if not given.get(name)]:
        remedy = "export for your service and for this command; where your service uses none, any word will do"
        found.append(Problem(", ".join(unset), "not set, so your service cannot know what is drawn instead", remedy))
    return found


EVIDENCE: Final = ("full", "none")


def evidence_problem(evidence: str) -> Problem | None:
    """Why this is no amount of evidence."""
    if evidence in EVIDENCE:
        return None
    return Problem("--evidence", f"there is no {evidence!r}", f"one of: {', '.join(EVIDENCE)}")


def evidence_problems(subject: str, evidence: str) -> list[Problem]:
    """What is wrong with `--evidence` for this subject."""
    if evidence == EVIDENCE[0] or not is_url(subject):
        return []
    found = "only the reference service can be started without evidence, and this subject is a service of your own"
    return [Problem("--evidence", found, "leave it out")]


def probe_url_problem(url: str) -> Problem | None:
    """Why this is not the base URL of probes. No URL is ""."""
    instead = "probes need no password where only this machine reaches them"
    return _url_problem(url, "--probe-url", "give e.g. http://127.0.0.1:8081", instead) if url else None


def app_url_problem(url: str) -> Problem | None:
    """Why this is not the page of an app. No URL is ""."""
    instead = "the merchant opens it without one"
    return _url_problem(url, "--app-url", "give e.g. http://127.0.0.1:8080/", instead) if url else None


def probe_problems(subject: str, probe_url: str) -> list[Problem]:
    """What is wrong with `--probe-url` for this subject."""
    if not probe_url or is_url(subject):
        return []
    found = f"Stockstorm starts {subject} itself and knows where its probes are"
    return [Problem("--probe-url", found, "leave it out, or give --subject the URL of your own service")]


_SIGNED: Final = "Shopify signs its webhooks instead (STOCKSTORM_CLIENT_SECRET)"


def _url_problem(
    url: str, flag: str, example: str = "give e.g. http://127.0.0.1:8080/webhooks", instead: str = _SIGNED
) -> Problem | None:
    try:
        parts = urlsplit(url)
        place, port = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}", parts.port
    except ValueError:
        return Problem(flag, "this URL cannot be read", example)
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        return Problem(flag, "this is no http(s) URL", example)
    if parts.username is not None or parts.password is not None:
        remedy = f"give {place}; {instead}"
        return Problem(flag, "the URL holds a user or password, and would be stored in the run's history", remedy)
    if parts.query or parts.fragment or url.endswith(("?", "#")):
        remedy = f"give {place}; a secret does not belong in a URL, and a path can tell addresses apart"
        return Problem(
            flag, "the URL holds a query string or fragment, and would be stored in the run's history", remedy
        )
    return None


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
