"""`--postgres`: embedded, docker, or a database of the user's own. Its URL holds a password: it stays in the
environment, and is never in specification, history, log or report."""

import os
from collections.abc import Mapping
from typing import Final

from scenarios.problems import Problem

POSTGRES_URL_VARIABLE: Final = "STOCKSTORM_POSTGRES_URL"
URL: Final = "url"
KINDS: Final = ("embedded", "docker", URL)
REPLAY: Final = f'--postgres "${POSTGRES_URL_VARIABLE}"'  # for a shell
_FLAG: Final = "--postgres"
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
        return Problem(_FLAG, "a URL holds a password, which would be seen where these options are shown", remedy)
    if kind == URL and not found.startswith(_SCHEMES):
        stated = "is no postgresql:// URL" if found else "is not set"
        return Problem(
            _FLAG,
            f"{POSTGRES_URL_VARIABLE} {stated}",
            f"export {POSTGRES_URL_VARIABLE}=postgresql://user:password@host:5432/postgres",
        )
    if kind not in KINDS:
        shown = "this kind of URL" if "://" in kind or "@" in kind else repr(kind)
        remedy = f"write embedded, docker, or a postgresql:// URL (or url, with the URL in {POSTGRES_URL_VARIABLE})"
        return Problem(_FLAG, f"{shown} is unknown", remedy)
    return None
