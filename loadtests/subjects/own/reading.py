"""Reads a subject file: TOML to a `SubjectFile`, or one error that holds every problem."""

import json
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from stockstorm.loadtests.subjects.own.file import SubjectFile, is_address, schema
from stockstorm.loadtests.subjects.own.queries import query_problems
from stockstorm.loadtests.subjects.own.urls import url_problem
from stockstorm.loadtests.subjects.own.values import HTTPS, KNOWN, filled, is_port, names_in
from stockstorm.scenarios.key_problems import key_problem
from stockstorm.scenarios.problems import Problem, did_you_mean, scenario_error
from stockstorm.scenarios.tables import read_tables
from stockstorm.simulator.errors import ScenarioError
from stockstorm.simulator.model import APP_TOPICS, CALL_TOPICS, SHOPIFY_TOPICS

SUFFIX: Final = ".toml"
UNNAMED: Final = ("subject", "stockstorm")  # stems that tell nothing, so the folder's name is taken
TOPICS: Final = (*SHOPIFY_TOPICS, *CALL_TOPICS, *APP_TOPICS)


def is_subject_file(word: str) -> bool:
    """Whether the word of `--subject` names a file."""
    return word.endswith(SUFFIX) and "://" not in word


def read_subject_file(word: str) -> SubjectFile:
    """The service that this file describes, with absolute paths. Raises ScenarioError with every problem at once."""
    path = Path(word)
    if not path.is_file():
        found = "that is a directory" if path.is_dir() else "there is no such file"
        raise ScenarioError(word, found, "give the path of a subject file; `stockstorm init` writes one")
    tables = read_tables(path, "subject file")
    try:
        # By way of JSON, as with scenarios: a list becomes a tuple, but a text does not become a number.
        file = SubjectFile.model_validate_json(json.dumps(tables, default=str), strict=True)
    except ValidationError as error:
        problems = [key_problem(found, tables, schema()) for found in error.errors(include_url=False)]
        raise scenario_error(word, problems) from None
    if problems := list(file_problems(file)):
        raise scenario_error(word, problems)
    return _placed(file, path.resolve())


def _placed(file: SubjectFile, path: Path) -> SubjectFile:
    """The file with its name, and with paths that mean the same in every folder."""
    stem = path.parent.name if path.stem in UNNAMED else path.stem
    life = file.life.model_copy(update={"folder": str(path.parent / file.life.folder)})
    authority = str(path.parent / file.ca) if file.ca else ""
    return file.model_copy(update={"name": file.name or stem or path.stem, "life": life, "ca": authority})


def file_problems(file: SubjectFile) -> Iterator[Problem]:
    """What is wrong between its keys, or with texts that the schema does not understand."""
    yield from _life_problems(file)
    for key, url in file.addresses().items():
        if (problem := url_problem(filled(url, _any_port(url)), key)) is not None:
            yield problem
    for key, topic in _topics(file):
        if topic not in TOPICS:
            yield Problem(key, f"{topic!r} is no topic that a run can fire", did_you_mean(topic, TOPICS))
    yield from _placeholder_problems(file)
    yield from _https_problems(file)
    yield from query_problems(file.reads)
    if file.level == "probe" and not file.reads.any:
        yield Problem("level", '"probe" without [reads] is nothing to judge', "add [[reads.http]] or [reads.sql]")


def _topics(file: SubjectFile) -> Iterator[tuple[str, str]]:
    yield from ((f"topics.{place}", topic) for place, topic in enumerate(file.topics))
    yield from ((f"topic_urls.{topic}", topic) for topic in file.topic_urls)


def _life_problems(file: SubjectFile) -> Iterator[Problem]:
    life = file.life
    if life.start and life.processes:
        yield Problem("life.start", "there are [life.processes] too", "keep one of the two")
    if life.detached and not (life.start and life.stop):
        remedy = "add `start = …` and `stop = …` to [life], or leave detached out and let start stay in front"
        yield Problem("life.detached", "a service that runs by itself needs start and stop", remedy)
    for key, text in _commands(file):
        try:
            words = shlex.split(text)
        except ValueError as error:
            yield Problem(key, f"this command cannot be read: {str(error).lower()}", "close its quotes")
        else:
            if not words:
                yield Problem(key, "this command has no words", "write the command, or leave the key out")


def _commands(file: SubjectFile) -> Iterator[tuple[str, str]]:
    life = file.life
    yield from ((f"life.processes.{name}", text) for name, text in life.processes.items())
    single = {"start": life.start, "stop": life.stop, "reset": life.reset, "ready": life.ready}
    yield from ((f"life.{key}", text) for key, text in single.items() if text and not is_address(text))


def _placeholder_problems(file: SubjectFile) -> Iterator[Problem]:
    for key, text in file.addresses().items():
        for name in names_in(text):
            if not is_port(name):
                remedy = "only ${port} and ${port_NAME} can stand in a URL: free ports, for a service with [life] start"
                yield Problem(key, f"${{{name}}} is unknown here", remedy)
            elif not file.life.starts:
                remedy = "write the port at which it listens, or let Stockstorm start it: add `start = …` to [life]"
                yield Problem(key, f"${{{name}}} is a port that nobody tells the service", remedy)
    environment = ((f"environment.{name}", text) for name, text in file.environment.items())
    for key, text in (*_commands(file), *environment):
        for name in names_in(text):
            if name not in KNOWN and not is_port(name):
                remedy = f"{did_you_mean(name, ('port', *KNOWN))}; $${{ stands for ${{"
                yield Problem(key, f"${{{name}}} is unknown", remedy)
            elif name in HTTPS and file.https is None:
                remedy = "add a line [https] to the file; keys may follow it, none is needed"
                yield Problem(key, f"${{{name}}} is known with [https] only", remedy)


def _https_problems(file: SubjectFile) -> Iterator[Problem]:
    """A service that runs already cannot be told a free port."""
    if file.https is None or file.life.starts:
        return
    for key, port in (("https.port", file.https.port), ("https.proxy_port", file.https.proxy_port)):
        if not port:
            remedy = "give a port, as 9443 and 9402, or let Stockstorm start it: add `start = …` to [life]"
            yield Problem(key, "nobody tells a service that runs already which free port it is", remedy)


def _any_port(url: str) -> Mapping[str, str]:
    return {name: "1" for name in names_in(url) if is_port(name)}


def of_url(url: str, probe_url: str = "", app_url: str = "") -> SubjectFile:
    """A service that runs already, of which only the address is known."""
    values: dict[str, Any] = {"name": url, "webhooks": url, "probes": probe_url, "app_url": app_url}
    return SubjectFile.model_construct(**values)
