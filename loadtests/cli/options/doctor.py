"""Flags of `stockstorm doctor`."""

from typing import Annotated, Final

from stockstorm.loadtests.cli.options import JsonOptions, QuietOptions
from stockstorm.loadtests.config.checks import is_url, port_problem
from stockstorm.loadtests.config.flag import Flag
from stockstorm.loadtests.subjects.own.reading import is_subject_file
from stockstorm.loadtests.subjects.own.urls import url_problem
from stockstorm.scenarios.problems import Problem

SUBJECTS: Final = "give subject.toml, or the URL at which your service runs, e.g. http://127.0.0.1:8080/webhooks"


def _subject_problem(word: str) -> Problem | None:
    if is_subject_file(word):
        return None
    if not is_url(word):
        return Problem("SUBJECT", f"{word!r} is neither a subject file nor a URL", SUBJECTS)
    return url_problem(word, "SUBJECT")


class DoctorOptions(JsonOptions, QuietOptions):
    """Flags of `stockstorm doctor`."""

    subject: Annotated[
        str, Flag("your service: a subject file, or the URL of one that runs", positional=True, check=_subject_problem)
    ] = "subject.toml"
    api_port: Annotated[int, Flag("where your running service expects the APIs", check=port_problem)] = 0
    allow_hosts: Annotated[
        tuple[str, ...],
        Flag("host of your own service that is not this machine, and may be visited", name="allow-host"),
    ] = ()
    ca: Annotated[str, Flag("file of the authority that signed the certificate of your service")] = ""
