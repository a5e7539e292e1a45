"""Runs by their plan. Only runs of one plan can be compared, since another seed makes another load."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from stockstorm.reports.result import Result
from stockstorm.simulator.errors import ScenarioError

SIDES: Final = ("baseline", "candidate")
NAMED_MAX: Final = 5


class Plan(msgspec.Struct, frozen=True, order=True):
    """What a run played. Two runs with one digest played the same orders at the same moments."""

    scenario: str
    seed: int
    digest: str

    @property
    def text(self) -> str:
        return f"{self.scenario}, seed {self.seed}"


def by_plan(results: Sequence[Result]) -> dict[Plan, list[Result]]:
    """The runs of each plan, in order of plans."""
    found: defaultdict[Plan, list[Result]] = defaultdict(list)
    for result in results:
        found[Plan(result.scenario, result.seed, result.plan_digest)].append(result)
    return dict(sorted(found.items()))


def require_apart(before: Sequence[Result], after: Sequence[Result]) -> None:
    """Raises ScenarioError when one run stands on both sides. A run that is compared with itself shows no change."""
    first = {(result.run, result.started_wall_ns) for result in before}
    both = [result.run for result in after if (result.run, result.started_wall_ns) in first]
    if both:
        remedy = "give the runs from before the change first, and those from after it second"
        raise ScenarioError("regress", f"{both[0]} is on both sides", remedy)


def require_same_plans(before: Mapping[Plan, object], after: Mapping[Plan, object]) -> None:
    """Raises ScenarioError when one side has a plan that the other lacks. It names plans of one side alone."""
    alone = [sorted(set(before) - set(after)), sorted(set(after) - set(before))]
    if not any(alone):
        return
    remedy = "run the same scenarios with the same seeds, rate and options on both sides"
    if all(alone) and alone[0][0].text == alone[1][0].text:
        first, second = alone[0][0], alone[1][0]
        found = f"the plans of {first.text} differ on the two sides ({first.digest[:12]}, {second.digest[:12]})"
        raise ScenarioError("regress", found, f"{remedy}; another version of Stockstorm may plan otherwise")
    told = [f"only the {side} has {_named(plans)}" for side, plans in zip(SIDES, alone, strict=True) if plans]
    raise ScenarioError("regress", "; ".join(told), remedy)


def _named(plans: Sequence[Plan]) -> str:
    names = list(dict.fromkeys(plan.text for plan in plans))
    more = [f"{len(names) - NAMED_MAX} more"] if len(names) > NAMED_MAX else []
    return " and ".join([", ".join(names[:NAMED_MAX]), *more])


def in_turns(before: Sequence[Result], after: Sequence[Result]) -> bool:
    """Whether some run of either side began between runs of the other. One run a side has no turns."""
    if len(before) < 2 or len(after) < 2:
        return True
    began = [[result.started_wall_ns for result in side] for side in (before, after)]
    return min(began[0]) < max(began[1]) and min(began[1]) < max(began[0])
