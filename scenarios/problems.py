"""A wrong place in a scenario or a flag: where, what was found, what to write instead. All are told at once."""

from collections.abc import Sequence

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
    if len(problems) == 1:
        only = problems[0]
        return ScenarioError(f"{source}: {only.key}", only.found, only.remedy)
    listed = "".join(f"\n  {problem}" for problem in problems)
    return ScenarioError(
        source, f"{len(problems)} problems{listed}", "mend these and run it again; nothing was started"
    )
