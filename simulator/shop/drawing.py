"""From which locations an order of the own store takes its units.

One location that has every line serves the order alone; the fullest one if there are several. Otherwise each SKU comes
from the fullest location that has all of it, and is split over several locations where none has. An order that is to be
taken `apart` has a unit from each of two locations.
"""

from collections.abc import Mapping, Sequence

from stockstorm.simulator.model import Drawn, Level, Sku


def draw(
    lines: Sequence[tuple[Sku, int]], levels: Mapping[Sku, Sequence[Level]], *, apart: bool = False
) -> tuple[Drawn, ...]:
    """What each location gives of the SKUs in `levels`, which has those that several locations stock."""
    wanted: dict[Sku, int] = {}
    for sku, quantity in lines:
        if sku in levels:
            wanted[sku] = wanted.get(sku, 0) + quantity
    if apart:
        return tuple(part for sku, quantity in wanted.items() for part in _of_two(sku, quantity, levels[sku]))
    if len(wanted) > 1 and (place := _serves_all(wanted, levels)) is not None:
        return tuple(Drawn(sku, place, quantity) for sku, quantity in wanted.items())
    return tuple(part for sku, quantity in wanted.items() for part in _of_one(sku, quantity, levels[sku]))


def _serves_all(wanted: Mapping[Sku, int], levels: Mapping[Sku, Sequence[Level]]) -> int | None:
    rooms: dict[int, list[int]] = {}
    for sku, quantity in wanted.items():
        for level in levels[sku]:
            rooms.setdefault(level.location_id, []).append(level.available - quantity)
    fitting = [(min(left), -place) for place, left in rooms.items() if len(left) == len(wanted) and min(left) >= 0]
    return -max(fitting)[1] if fitting else None


def _of_two(sku: Sku, quantity: int, levels: Sequence[Level]) -> list[Drawn]:
    """As of one location, but a unit comes from the second one, if it has any."""
    first, second, *_ = sorted(levels, key=lambda level: (-level.available, level.location_id))
    if quantity < 2 or second.available < 1 or first.available < quantity - 1:
        return _of_one(sku, quantity, levels)
    return [Drawn(sku, first.location_id, quantity - 1), Drawn(sku, second.location_id, 1)]


def _of_one(sku: Sku, quantity: int, levels: Sequence[Level]) -> list[Drawn]:
    fullest = sorted(levels, key=lambda level: (-level.available, level.location_id))
    parts: list[Drawn] = []
    for level in fullest:
        units = min(quantity, max(0, level.available))
        if units:
            parts.append(Drawn(sku, level.location_id, units))
            quantity -= units
    return parts  # an order is accepted only if the sum over all locations is enough for it
