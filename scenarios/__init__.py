"""Scenarios say what happens to the shop: declarative files, read and checked here, played by everything else.

`load` reads one, `list_scenarios` those that ship, `with_flags` applies the command line's flags.
"""

from stockstorm.scenarios.flags import with_flags
from stockstorm.scenarios.loader import list_scenarios, load
from stockstorm.scenarios.spec import Scenario

__all__ = ["Scenario", "list_scenarios", "load", "with_flags"]
