"""The scenarios that ship with Stockstorm, for `stockstorm scenarios` and whoever chooses one."""

from scenarios.loader import load, shipped_names
from scenarios.spec import Scenario


def list_scenarios() -> tuple[Scenario, ...]:
    """Every shipped scenario, shortest load first, so that a newcomer begins at the top."""
    return tuple(
        sorted((load(name) for name in shipped_names()), key=lambda scenario: (scenario.load_s, scenario.name))
    )
