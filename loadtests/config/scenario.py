"""The scenario of a run: its file, with what flags and a subject file change of it."""

from stockstorm.loadtests.config.run_options import PlanOptions, RunOptions
from stockstorm.loadtests.subjects.own.file import SubjectFile
from stockstorm.reports.checkers import MEANINGS
from stockstorm.scenarios.flags import with_api_faults, with_faults, with_flags, with_safety_stock
from stockstorm.scenarios.loader import load
from stockstorm.scenarios.spec import Scenario


def make_scenario(options: PlanOptions) -> Scenario:
    """The scenario with rate, length, faults and safety stock applied. Raises ScenarioError with every problem."""
    scenario = with_flags(load(options.scenario, MEANINGS), rate=options.rate, seconds=options.seconds)
    if not isinstance(options, RunOptions):
        return scenario
    failing = with_api_faults(with_faults(scenario, options.faults), options.api_faults)
    return with_safety_stock(_declared(failing, options.own()), options.safety_stock)


def _declared(scenario: Scenario, own: SubjectFile | None) -> Scenario:
    """The scenario with what a service declares in its file. An API version that the scenario names stays."""
    if own is None:
        return scenario
    if own.api_version is not None and "api_version" not in scenario.shop.model_fields_set:
        shop = scenario.shop.model_copy(update={"api_version": own.api_version})
        scenario = scenario.model_copy(update={"shop": shop})
    if own.lists_less:
        subject = scenario.subject.model_copy(update={"lists_less": True})
        scenario = scenario.model_copy(update={"subject": subject})
    return with_safety_stock(scenario, own.safety_stock)
