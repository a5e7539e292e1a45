"""Runs by their plan. Only runs of one plan can be compared, since another seed makes another load."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from stockstorm.reports.result import Result
from stockstorm.simulator.errors import ScenarioError


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
    """Raises ScenarioError when one side has a plan that the other lacks."""
    odd = sorted(set(before) ^ set(after))
    if not odd:
        return
    remedy = "run the same scenarios with the same seeds, rate and options on both sides"
    same_names = {(plan.scenario, plan.seed) for plan in before} == {(plan.scenario, plan.seed) for plan in after}
    if same_names:
        found = f"the plans of {odd[0].text} differ on the two sides ({odd[0].digest[:12]}, {odd[1].digest[:12]})"
        raise ScenarioError("regress", found, f"{remedy}; another version of Stockstorm may plan otherwise")
    sides = [", ".join(dict.fromkeys(plan.text for plan in side)) for side in (before, after)]
    raise ScenarioError("regress", f"the baseline has {sides[0]}; the candidate has {sides[1]}", remedy)
