"""A problem in a scenario or a flag: where, what was found, what to write instead. All are reported at once."""

import difflib
from collections.abc import Iterable, Sequence

import msgspec

from stockstorm.simulator.errors import ScenarioError


class Problem(msgspec.Struct, frozen=True):
    """`key` is a path as in `phases.0.rate` (tables of a list count from 0); `reads` are other keys it depends on."""

    key: str
    found: str
    remedy: str
    reads: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.key}: {self.found}\n    → {self.remedy}"


def scenario_error(source: str, problems: Sequence[Problem]) -> ScenarioError:
    """One error that holds every problem of `source` (a file, or "flags")."""
    each = tuple(ScenarioError(f"{source}: {problem.key}", problem.found, problem.remedy) for problem in problems)
    if len(each) == 1:
        return each[0]
    listed = "".join(f"\n  {problem}" for problem in problems)
    every = ScenarioError(
        source, f"{len(problems)} problems{listed}", "correct these and run it again; nothing was started"
    )
    every.problems = each
    return every


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean "skus"?` followed by the known words. Only the known words if none is similar."""
    words = list(known)
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    listed = f"known: {', '.join(words)}"
    return f'did you mean "{near[0]}"? ({listed})' if near else listed
