"""Scenarios say what happens to the shop: declarative files, read and checked here, played by everything else."""

from scenarios.listing import list_scenarios
from scenarios.loader import load
from scenarios.spec import Scenario

__all__ = ["Scenario", "list_scenarios", "load"]
