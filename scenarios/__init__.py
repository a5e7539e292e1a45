"""Scenarios describe what happens to the shop: declarative files, read and checked here.

`load` reads one, `list_scenarios` reads those that ship, `with_flags` applies flags of the command line.
"""

from stockstorm.scenarios.flags import with_flags
from stockstorm.scenarios.loader import list_scenarios, load
from stockstorm.scenarios.spec import Scenario

__all__ = ["Scenario", "list_scenarios", "load", "with_flags"]
