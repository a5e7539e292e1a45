"""`--cloud`: which emulator, or the real cloud, an architecture's queue or bus comes from.

`--postgres`: embedded, docker, or a database of the user's own. Its URL holds a password: it stays in the
environment, and is never in specification, history, log or report.
"""

import os
from collections.abc import Iterable, Mapping
from typing import Final

from stockstorm.loadtests.backing.cloud.base import AWS_CLOUDS, PUBSUB_CLOUDS
from stockstorm.loadtests.subjects.architectures import ARCHITECTURES
from stockstorm.scenarios.problems import Problem

_CLOUD: Final = "--cloud"
_BY_SERVICE: Final[Mapping[str, tuple[str, ...]]] = {
    "sqs": AWS_CLOUDS,
    "eventbridge": AWS_CLOUDS,
    "pubsub": PUBSUB_CLOUDS,
}
WORDS: Final = tuple(dict.fromkeys((*AWS_CLOUDS, *PUBSUB_CLOUDS)))


def cloud_problem(word: str, subjects: Iterable[str]) -> Problem | None:
    """Why these subjects cannot be played on it; None when they can. What needs no cloud takes every word there is."""
    if word not in WORDS:
        return Problem(_CLOUD, f"{word!r} is unknown", f"write one of: {', '.join(WORDS)}")
    for subject in subjects:
        service = ARCHITECTURES[subject].cloud if subject in ARCHITECTURES else ""
        if service and word not in _BY_SERVICE[service]:
            remedy = f"write one of: {', '.join(_BY_SERVICE[service])}"
            return Problem(_CLOUD, f"{word!r} is none of {service}'s, which {subject} needs", remedy)
    return None


POSTGRES_URL_VARIABLE: Final = "STOCKSTORM_POSTGRES_URL"
URL: Final = "url"
KINDS: Final = ("embedded", "docker", URL)
REPLAY: Final = f'--postgres "${POSTGRES_URL_VARIABLE}"'  # for a shell
_POSTGRES: Final = "--postgres"
_SCHEMES: Final = ("postgresql://", "postgres://")


def take_postgres_url(option: str) -> str:
    """Moves a URL into the environment, from where the stage takes it, and gives `url` for it; all else as it is."""
    if not option.startswith(_SCHEMES):
        return option
    os.environ[POSTGRES_URL_VARIABLE] = option
    return URL


def postgres_problem(kind: str, environment: Mapping[str, str] | None = None) -> Problem | None:
    """Why this cannot be played; None when it can. A word that may hold a password is not repeated."""
    found = (os.environ if environment is None else environment).get(POSTGRES_URL_VARIABLE, "")
    if kind.startswith(_SCHEMES):
        remedy = f"set the environment variable {POSTGRES_URL_VARIABLE} to it, and write --postgres url"
        return Problem(_POSTGRES, "a URL holds a password, which would be seen where these options are shown", remedy)
    if kind == URL and not found.startswith(_SCHEMES):
        stated = "is no postgresql:// URL" if found else "is not set"
        return Problem(
            _POSTGRES,
            f"{POSTGRES_URL_VARIABLE} {stated}",
            f"export {POSTGRES_URL_VARIABLE}=postgresql://user:password@host:5432/postgres",
        )
    if kind not in KINDS:
        shown = "this kind of URL" if "://" in kind or "@" in kind else repr(kind)
        remedy = f"write embedded, docker, or a postgresql:// URL (or url, with the URL in {POSTGRES_URL_VARIABLE})"
        return Problem(_POSTGRES, f"{shown} is unknown", remedy)
    return None
