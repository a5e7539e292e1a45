"""What a user asks of `stockstorm compare`, read from the command line. Every wrong word is told at once."""

import math
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import msgspec

from stockstorm.loadtests.config.backing_options import cloud_problem, postgres_problem
from stockstorm.loadtests.config.run_options import SEED_MAX
from stockstorm.loadtests.config.subject_options import is_url, read_subject
from stockstorm.loadtests.subjects.architectures import ARCHITECTURES
from stockstorm.scenarios.problems import Problem, did_you_mean, scenario_error

SEEDS_MOST: Final = 1_000
STOCK_MOST: Final = 10_000
EXAMPLES: Final = {
    "--subjects": "write e.g. polling,queue-postgres, or leave it out for all",
    "--seeds": "write e.g. 1-5, or 1,4,7",
    "--rates": "write events a second, e.g. 200,400, or leave it out for the scenario's own",
    "--safety-stock": "write units, e.g. 0,2, or leave it out for the scenario's own",
}
T = TypeVar("T")


class Asked(msgspec.Struct, frozen=True):
    """A matrix to play. `postgres` is embedded, docker or url: the URL itself holds a password and is never stored."""

    scenario: str
    subjects: tuple[str, ...]
    seeds: tuple[int, ...]
    rates: tuple[float | None, ...] = (None,)
    safety_stocks: tuple[int | None, ...] = (None,)
    postgres: str = "embedded"
    cloud: str = "embedded"


def read_asked(
    scenario: str, subjects: str, seeds: str, rates: str = "", stocks: str = "", postgres: str = "embedded",
    cloud: str = "embedded",
) -> Asked:  # fmt: skip
    """The matrix that these flags ask for. Raises ScenarioError with every problem."""
    problems: list[Problem] = []
    asked = Asked(
        scenario=scenario,
        subjects=_list(subjects or ",".join(ARCHITECTURES), _subject, "--subjects", problems),
        seeds=_list(seeds or " ", _seeds, "--seeds", problems),
        rates=_list(rates, _rate, "--rates", problems) or (None,),
        safety_stocks=_list(stocks, _stock, "--safety-stock", problems) or (None,),
        postgres=postgres,
        cloud=cloud,
    )
    services = (postgres_problem(postgres), cloud_problem(cloud, asked.subjects))
    problems += [problem for problem in services if problem is not None]
    if problems:
        raise scenario_error("flags", problems)
    return asked


def _list(text: str, read: Callable[[str], Sequence[T] | Problem], flag: str, problems: list[Problem]) -> tuple[T, ...]:
    """The values between the commas, none if left out (""); what cannot be read, or stands twice, becomes a problem."""
    found: list[T] = []
    words = [word.strip() for word in text.split(",") if word.strip()]
    if text and not words:
        problems.append(Problem(flag, "there is none", EXAMPLES[flag]))
    for word in words:
        values = read(word)
        if isinstance(values, Problem):
            problems.append(values)
            continue
        if twice := [value for value in values if value in found]:
            problems.append(Problem(flag, f"{twice[0]} stands there twice", "name each once"))
            continue
        found += values
    return tuple(found)


def _subject(word: str) -> Sequence[str] | Problem:
    if is_url(word):  # not repeated, since it may hold a password
        found = "a service of your own cannot be emptied and told its port anew for each run"
        remedy = "play it with stockstorm run, seed by seed: stockstorm run SCENARIO --subject URL --seed 1"
        return Problem("--subjects", found, remedy)
    name = read_subject(word, "--subjects")
    if isinstance(name, Problem):
        return Problem(name.key, name.found, did_you_mean(word, ARCHITECTURES))
    return [name]


def _seeds(word: str) -> Sequence[int] | Problem:
    first, dash, last = word.partition("-")
    low, high = _whole(first), _whole(last if dash else first)
    if low is None or high is None or high < low or high > SEED_MAX or high - low >= SEEDS_MOST:
        remedy = f"{EXAMPLES['--seeds']}: whole numbers from 0, at most {SEEDS_MOST:,} in one range"
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
    if units is None or units > STOCK_MOST:
        return Problem("--safety-stock", f"{word!r} does not fit", f"write units from 0 to {STOCK_MOST:,}, e.g. 0,2")
    return [units]


def _whole(word: str) -> int | None:
    return int(word) if word.isascii() and word.isdigit() else None
