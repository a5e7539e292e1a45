"""When the deliveries of one call's events are due: one event after the other, at an even rate.

A call can change 250 levels, each of which is told by an event of its own. Shopify does not say how fast it sends them
(docs/sources.md, S12). Deliveries that are all due at one instant measure the generator, which can start only one at a
time. What the plan causes is never spread: its times are the load.

Events about one level keep their order. Deliveries out of order are a perturbation, which a scenario asks for by name.
"""

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.model import Event


class FanOut:
    """Due times of the events of calls, and of later events about the same levels."""

    def __init__(self, per_s: float) -> None:
        self._gap_ns = round(SECOND_NS / per_s)
        self.waiting: dict[tuple[int, int], int] = {}  # item and location → when the newest event about it is due
        self._until_ns = 0  # the latest of them

    def due(self, event: Event, nth: int, planned_ns: int | None) -> int | None:
        """When an event is due. `planned_ns`: None for a call.

        `nth`: its place among those of its cause that are sent, from 0.
        """
        if planned_ns is None and nth:
            return self._behind(event, event.at_ns + nth * self._gap_ns, waits=True)
        if self.waiting:
            return self._behind(event, event.at_ns if planned_ns is None else planned_ns, waits=False)
        return planned_ns

    def _behind(self, event: Event, due_ns: int, *, waits: bool) -> int:
        if event.at_ns > self._until_ns:
            self.waiting.clear()
        level = event.level
        if level is None:
            return due_ns
        key = (level.inventory_item_id, level.location_id)
        earlier_ns = self.waiting.get(key, 0)
        if waits or earlier_ns > due_ns:
            due_ns = self.waiting[key] = max(due_ns, earlier_ns)
            self._until_ns = max(self._until_ns, due_ns)
        return due_ns
