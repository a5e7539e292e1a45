"""`--fault kill_worker@10+2`: something happens to the subject 10 s after the start and is mended 2 s later."""

import re
from collections.abc import Sequence

from scenarios.checks import relation_problems
from scenarios.problems import Problem, scenario_error
from scenarios.spec import Scenario
from simulator.config import FaultConfig

KINDS = ("kill_worker", "kill_receiver")
_PATTERN = re.compile(r"(?P<kind>[a-z_]+)@(?P<at>\d+(\.\d+)?)(\+(?P<back>\d+(\.\d+)?))?")


def with_faults(scenario: Scenario, flags: Sequence[str]) -> Scenario:
    """The scenario with these faults besides its own. Raises ScenarioError with every flag that does not fit."""
    found = [(flag, _PATTERN.fullmatch(flag)) for flag in flags]
    wrong = [
        Problem(
            "--fault",
            f"{flag!r} does not fit",
            f"write e.g. kill_worker@10 or kill_worker@10+2; kinds: {', '.join(KINDS)}",
        )
        for flag, match in found
        if match is None or match["kind"] not in KINDS
    ]
    if wrong:
        raise scenario_error("flags", wrong)
    faults = tuple(
        FaultConfig(kind=match["kind"], at_s=float(match["at"]), restart_after_s=float(match["back"] or 1.0))
        for _, match in found
        if match is not None
    )
    changed = scenario.model_copy(update={"faults": scenario.faults + faults})
    if problems := relation_problems(changed):
        raise scenario_error(f"{scenario.name} with these faults", problems)
    return changed
