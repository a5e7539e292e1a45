"""What a service of the user's own needs beforehand: where the played APIs will be, and the secrets of both sides.

It reads them when it starts, which is before the run. Drawn for the run, they would be known to nobody: every call
would be refused and every signature wrong, and the report would call that the service's fault.

`--subject`: a name, or the URL of a service that runs. It goes into history and reports, so it holds no secret.
"""

import os
import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from stockstorm.loadtests.subjects.architectures import ARCHITECTURES, DEFAULT
from stockstorm.loadtests.subjects.flaws import FLAWS
from stockstorm.scenarios.problems import Problem, did_you_mean
from stockstorm.simulator.config import FAULTS, FaultConfig

ALIAS: Final = "reference"
_FLAW: Final = "--flaw"
_ADDRESS: Final = re.compile(r"(localhost|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+|[A-Za-z0-9.-]+:\d+)(:\d+)?(/[^?#@]*)?")


def is_url(subject: str) -> bool:
    """Whether it means a service of the user's own."""
    return "://" in subject


def read_subject(word: str, flag: str) -> str | Problem:
    """The architecture's name, or the URL as given. What is refused is never repeated beyond scheme, host and path."""
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


def fault_problem(subject: str, faults: Sequence[FaultConfig], flag: str) -> Problem | None:
    """Why these faults cannot befall it: what we did not start, or what it does not consist of, we cannot kill."""
    if is_url(subject):
        lacking = {fault.kind for fault in faults}
        remedy = (
            "play a scenario without faults, e.g. smoke or flash_sale, and leave --fault out; or play it on reference"
        )
        found = f"{subject} was not started by Stockstorm, which so cannot play its faults"
    else:
        kinds = {fault.kind for fault in faults}
        lacking = {kind for kind in kinds if not {*FAULTS[kind].processes} <= {*ARCHITECTURES[subject].processes}}
        targets = {process for kind in lacking for process in FAULTS[kind].processes}
        having = (name for name, found in ARCHITECTURES.items() if targets <= {*found.processes})
        remedy = f"leave the fault out, or choose a subject that has one: {', '.join(having)}"
        found = f"{subject} has no process {' or '.join(sorted(targets))} that could be killed"
    return Problem(flag, f"{found} ({', '.join(sorted(lacking))})", remedy) if lacking else None


def flaw_problem(subject: str, flaw: str) -> Problem | None:
    """Why it cannot be started with this flaw; "" is none, and `subject` may be what `read_subject` gave."""
    if not flaw:
        return None
    if flaw not in FLAWS:
        return Problem(_FLAW, f"there is no flaw {flaw!r}", f"one of: {', '.join(sorted(FLAWS))}")
    if is_url(subject):
        found = "flaws are the reference service's, and this subject is a service of your own"
        return Problem(_FLAW, found, f"leave it out, or leave --subject out to see {flaw}")
    if flaw not in ARCHITECTURES[subject].flaws:
        having = ", ".join(name for name, one in ARCHITECTURES.items() if flaw in one.flaws)
        return Problem(_FLAW, f"{subject} has no place for {flaw}", f"leave it out, or choose a subject: {having}")
    return None


def _url_problem(url: str, flag: str) -> Problem | None:
    example = "give e.g. http://127.0.0.1:8080/webhooks"
    try:
        parts = urlsplit(url)
        place, port = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}", parts.port
    except ValueError:
        return Problem(flag, "this URL cannot be read", example)
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        return Problem(flag, "this is no http(s) URL", example)
    if parts.username is not None or parts.password is not None:
        remedy = f"give {place}; Shopify signs its webhooks instead (STOCKSTORM_CLIENT_SECRET)"
        return Problem(flag, "the URL holds a user or password, and would be stored in the run's history", remedy)
    if parts.query or parts.fragment or url.endswith(("?", "#")):
        remedy = f"give {place}; a secret does not belong in a URL, and what tells addresses apart fits its path"
        return Problem(
            flag, "the URL holds a query string or fragment, and would be stored in the run's history", remedy
        )
    return None


SECRETS: Final = {
    name: f"STOCKSTORM_{name.upper()}" for name in ("admin_token", "client_secret", "channel_token", "channel_secret")
}


def own_problems(subject: str, api_port: int, environment: Mapping[str, str] | None = None) -> list[Problem]:
    """What is not set for a subject that is given by URL; nothing for others, whose service is told all by us."""
    if not is_url(subject):
        return []
    given = os.environ if environment is None else environment
    found: list[Problem] = []
    if not api_port:
        stated = "is not set, so your service cannot know where the played APIs are"
        found.append(Problem("--api-port", stated, "write e.g. --api-port 9400, and point your service there"))
    if unset := [name for name in SECRETS.values() if not given.get(name)]:
        remedy = "export for your service and for this command; where your service uses none, any word will do"
        found.append(Problem(", ".join(unset), "not set, so your service cannot know what is drawn instead", remedy))
    return found
