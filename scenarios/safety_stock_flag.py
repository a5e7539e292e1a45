"""`--safety-stock 2`: the subject holds back units on every listing, so fewer are sold twice and more not at all."""

from scenarios.problems import Problem, scenario_error
from scenarios.remedies import allowed
from scenarios.spec import Scenario

MOST = 10_000


def with_safety_stock(scenario: Scenario, units: int | None) -> Scenario:
    """The scenario with this safety stock instead of its own; None leaves it. Raises ScenarioError."""
    if units is None:
        return scenario
    if not 0 <= units <= MOST:
        remedy = f"write {allowed(('subject', 'safety_stock'))}"
        raise scenario_error("flags", [Problem("--safety-stock", f"{units} does not fit", remedy)])
    return scenario.model_copy(update={"subject": scenario.subject.model_copy(update={"safety_stock": units})})
