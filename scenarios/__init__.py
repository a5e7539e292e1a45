"""Scenarios say what happens to the shop: declarative files, read and checked here, played by everything else.

`load` reads one, `list_scenarios` those that ship, `with_flags` applies the command line's flags.
"""

from scenarios.flags import with_flags
from scenarios.listing import list_scenarios
from scenarios.loader import load
from scenarios.spec import Scenario

__all__ = ["Scenario", "list_scenarios", "load", "with_flags"]
