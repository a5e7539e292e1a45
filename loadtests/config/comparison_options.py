"""The options of `stockstorm compare`: lists and ranges as text on the command line, a matrix of values afterwards."""

import math
from collections.abc import Callable, Sequence
from typing import Annotated, Final, TypeVar

from stockstorm.loadtests.config.checks import SEED_MAX, cloud_problem, is_url, read_subject, reference_problem
from stockstorm.loadtests.config.flag import Flag, WrongText
from stockstorm.loadtests.config.run_options import BackingOptions, HostOptions
from stockstorm.loadtests.subjects.architectures import ARCHITECTURES
from stockstorm.loadtests.subjects.own.reading import is_subject_file, read_subject_file
from stockstorm.scenarios.flags import SAFETY_STOCK_MAX
from stockstorm.scenarios.problems import Problem, did_you_mean
from stockstorm.simulator.errors import ScenarioError

SEEDS_MAX: Final = 1_000  # in one range
DIGITS_MAX: Final = 20  # of a whole number; Python refuses to read 4,301
SEEDS_EXAMPLE: Final = "write e.g. 1-5, or 1,4,7"
T = TypeVar("T")


def _list_of(read: Callable[[str], Sequence[T] | Problem], flag: str, example: str) -> Callable[[str], tuple[T, ...]]:
    """A parser of values between commas. It raises WrongText with every word that is wrong or named twice."""

    def parse(text: str) -> tuple[T, ...]:
        found: list[T] = []
        problems: list[Problem] = []
        words = [word.strip() for word in text.split(",") if word.strip()]
        for word in words:
            values = read(word)
            if isinstance(values, Problem):
                problems.append(values)
            elif twice := [value for value in values if value in found]:
                problems.append(Problem(flag, f"{twice[0]} stands there twice", "name each once"))
            else:
                found += values
        if not words:
            problems.append(Problem(flag, "there is none", example))
        if problems:
            raise WrongText(problems)
        return tuple(found)

    return parse


def _subject(word: str) -> Sequence[str] | Problem:
    if is_url(word):  # not repeated, since it may hold a password
        found = "a running service cannot be emptied and started again for each run"
        remedy = "write its `start` into a subject file, and give that: --subjects before.toml,after.toml"
        return Problem("--subjects", found, remedy)
    if is_subject_file(word):
        return _own_subject(word)
    name = read_subject(word, "--subjects")
    if isinstance(name, Problem):
        return Problem(name.key, name.found, did_you_mean(word, ARCHITECTURES))
    return [name]


def _own_subject(word: str) -> Sequence[str] | Problem:
    try:
        life = read_subject_file(word).life
    except ScenarioError as error:
        return Problem(error.where, error.found, error.remedy)
    if not (life.starts or life.reset):
        found = "it has neither start nor reset, so that each run would find what the last one left"
        return Problem(f"{word}: life", found, "add `start = …`, or `reset = …` for one that runs already")
    return [word]


def _seeds(word: str) -> Sequence[int] | Problem:
    first, dash, last = word.partition("-")
    low, high = _whole(first), _whole(last if dash else first)
    if low is None or high is None or high < low or high > SEED_MAX or high - low >= SEEDS_MAX:
        remedy = f"{SEEDS_EXAMPLE}: whole numbers from 0, at most {SEEDS_MAX:,} in one range"
        return Problem("--seeds", f"{word!r} does not fit", remedy)
    return range(low, high + 1)


def _rate(word: str) -> Sequence[float] | Problem:
    try:
        rate = float(word)
    except ValueError:
        rate = math.nan
    if not (math.isfinite(rate) and rate > 0):
        return Problem("--rates", f"{word!r} does not fit", "write events a second above 0, e.g. 200,400")
    return [rate]


def _stock(word: str) -> Sequence[int] | Problem:
    units = _whole(word)
    if units is None or units > SAFETY_STOCK_MAX:
        remedy = f"write units from 0 to {SAFETY_STOCK_MAX:,}, e.g. 0,2"
        return Problem("--safety-stock", f"{word!r} does not fit", remedy)
    return [units]


def _whole(word: str) -> int | None:
    return int(word) if word.isascii() and word.isdigit() and len(word) <= DIGITS_MAX else None


class ComparisonOptions(HostOptions, BackingOptions):
    """A matrix of runs: every subject, seed, rate and safety stock. None is the scenario's own."""

    scenario: Annotated[str, Flag("name, or path of a TOML file", positional=True, replay="always")] = ""
    subjects: Annotated[
        tuple[str, ...],
        Flag(
            "architectures and subject files, with commas; left out: all architectures",
            parse=_list_of(_subject, "--subjects", "write e.g. polling,queue-postgres, or leave it out for all"),
            replay="always",
        ),
    ] = tuple(ARCHITECTURES)
    seeds: Annotated[
        tuple[int, ...],
        Flag(
            "e.g. 1-5, or 1,4,7; three or more give intervals",
            parse=_list_of(_seeds, "--seeds", SEEDS_EXAMPLE),
            replay="always",
        ),
    ] = (1,)
    rates: Annotated[
        tuple[float | None, ...],
        Flag(
            "events a second, with commas, instead of the scenario's rates",
            parse=_list_of(
                _rate, "--rates", "write events a second, e.g. 200,400, or leave it out for the scenario's own"
            ),
        ),
    ] = (None,)
    safety_stocks: Annotated[
        tuple[int | None, ...],
        Flag(
            "units held back on listings, with commas, e.g. 0,2",
            name="safety-stock",
            parse=_list_of(_stock, "--safety-stock", "write units, e.g. 0,2, or leave it out for the scenario's own"),
        ),
    ] = (None,)

    def problems(self) -> list[Problem]:
        """Every problem of these options."""
        found = [*super().problems(), cloud_problem(self.cloud, self.subjects)]
        lacks = (reference_problem(subject, self.postgres, self.cloud) for subject in self.subjects)
        found += [problem for problem in lacks if problem is not None][:1]
        if not self.scenario:
            found.append(
                Problem("SCENARIO", "there is none", "name one, as in: stockstorm compare flash_sale --seeds 1-3")
            )
        return [problem for problem in found if problem is not None]
