"""Scenarios describe what happens to the shop: declarative files, read and checked here.

`load` reads one, `list_scenarios` reads those that ship, `with_flags` applies flags of the command line. They are
loaded on first use: the models take 0.15 s, and who needs a tier or the form of a problem needs no model.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from stockstorm.scenarios.flags import with_flags
    from stockstorm.scenarios.loader import list_scenarios, load
    from stockstorm.scenarios.spec import Scenario

__all__ = ["Scenario", "list_scenarios", "load", "with_flags"]
_PLACES: Final = {"Scenario": "spec", "list_scenarios": "loader", "load": "loader", "with_flags": "flags"}


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
