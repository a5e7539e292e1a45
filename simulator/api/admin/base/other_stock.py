"""Stock in the states that nobody can buy from. It belongs to the subject's own bookkeeping: no event tells of it.

Shopify counts all but what is incoming as on hand, beside what is available and committed. What was available at a
location that stocks the item no longer is kept here too, until the item is stocked there again.
"""

from collections.abc import Mapping
from typing import Final, Literal, get_args

OtherState = Literal["damaged", "incoming", "quality_control", "reserved", "safety_stock"]
OTHER_STATES: Final[tuple[OtherState, ...]] = get_args(OtherState)
ON_HAND: Final = frozenset({"damaged", "quality_control", "reserved", "safety_stock"})

Place = tuple[int, int]  # inventory item and location


class OtherStock:
    """Units by item, location and state. Bounded by the catalogue, since only levels that exist are written."""

    def __init__(self) -> None:
        self._units: dict[Place, dict[str, int]] = {}
        self._kept: dict[Place, int] = {}

    def of(self, place: Place, state: str) -> int:
        """The units in one of the states."""
        return self._units.get(place, {}).get(state, 0)

    def on_hand(self, place: Place) -> int:
        """The units that count as on hand."""
        found = self._units.get(place)
        return 0 if found is None else sum(units for state, units in found.items() if state in ON_HAND)

    def put(self, state: OtherState, quantities: Mapping[Place, int]) -> None:
        """Set the units of a state at several places."""
        for place, units in quantities.items():
            self._units.setdefault(place, {})[state] = units

    def keep(self, place: Place, units: int) -> None:
        """The units that were available at a place that is deactivated."""
        self._kept[place] = units

    def take_back(self, place: Place) -> int:
        """The units that were kept of a place, which is activated again. They are kept no longer."""
        return self._kept.pop(place, 0)
