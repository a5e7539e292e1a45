"""What the URL of a service may be. It goes into history and reports, so it must hold no secret."""

import ssl
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from stockstorm.scenarios.problems import Problem
from stockstorm.simulator.errors import SubjectError

_SIGNED: Final = "Shopify signs its webhooks instead (STOCKSTORM_CLIENT_SECRET)"
EXAMPLE: Final = "give e.g. http://127.0.0.1:8080/webhooks"


def url_problem(url: str, key: str, example: str = EXAMPLE, instead: str = _SIGNED) -> Problem | None:
    """Why this is no URL of a service. What may hold a secret is not repeated."""
    try:
        parts = urlsplit(url)
        place, port = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}", parts.port
    except ValueError:
        return Problem(key, "this URL cannot be read", example)
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        return Problem(key, "this is no http(s) URL", example)
    if parts.username is not None or parts.password is not None:
        remedy = f"give {place}; {instead}"
        return Problem(key, "the URL holds a user or password, and would be stored in the run's history", remedy)
    if parts.query or parts.fragment or url.endswith(("?", "#")):
        remedy = f"give {place}; a secret does not belong in a URL, and a path can tell addresses apart"
        return Problem(
            key, "the URL holds a query string or fragment, and would be stored in the run's history", remedy
        )
    return None


def trusting(authority: str) -> ssl.SSLContext | bool:
    """How certificates are verified: by this authority, or by those of the system for "". Raises SubjectError."""
    if not authority:
        return True
    try:
        if not Path(authority).is_file():  # reading a pipe would wait for its writer
            raise FileNotFoundError("there is no such file")
        return ssl.create_default_context(cafile=authority)
    except OSError as error:  # ssl.SSLError is one
        remedy = "give the certificate of the authority, as PEM"
        raise SubjectError("--ca", f"{authority} cannot be used: {error}", remedy) from None


def host_of(url: str) -> str:
    """The host that a URL names. Empty if it names none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
