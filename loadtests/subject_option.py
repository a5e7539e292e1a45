"""`--subject`: a name, or the URL of a service that runs. It goes into history and reports, so it holds no secret."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from loadtests.subjects.architectures import ARCHITECTURES, DEFAULT
from scenarios.problems import Problem
from scenarios.remedies import did_you_mean
from simulator.config import FaultConfig

ALIAS: Final = "reference"


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
    shown = "this" if "@" in name else repr(word)
    return Problem(
        flag, f"there is no {shown}", f"{did_you_mean(name, ARCHITECTURES)}, or the URL of a running service"
    )


def fault_problem(subject: str, faults: Sequence[FaultConfig], flag: str) -> Problem | None:
    """A service that we did not start cannot be killed by us."""
    if not is_url(subject) or not faults:
        return None
    kinds = ", ".join(sorted({fault.kind for fault in faults}))
    remedy = "play a scenario without faults, e.g. smoke or flash_sale, and leave --fault out; or play it on reference"
    return Problem(flag, f"{subject} was not started by Stockstorm, which so cannot play its faults ({kinds})", remedy)


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
