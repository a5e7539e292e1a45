"""The body of inventory_levels/update, the most frequent event by far: constant pieces per item and two values."""

from collections.abc import Iterable

from stockstorm.simulator.events.encoding import Times, escaped
from stockstorm.simulator.model import Event, Level, Product


class InventoryPayload:
    """Builds bodies from a level's snapshot."""

    def __init__(self, products: Iterable[Product], times: Times) -> None:
        self._times = times
        self._level_ids = {(product.inventory_item_id, product.location_id): product.level_id for product in products}
        self._pieces: dict[tuple[int, int], tuple[str, str]] = {}

    def body(self, event: Event) -> bytes:
        """The five documented fields, with Shopify's escapes. ValueError: the event has no level."""
        level = event.level
        if level is None:
            raise ValueError(f"event {event.event} on {event.topic} has no level")
        before, after = self._pieces.get((level.inventory_item_id, level.location_id)) or self._learn(level)
        return f'{before}{level.available},"updated_at":"{self._times.shop(level.updated_ns)}"{after}'.encode("ascii")

    def _learn(self, level: Level) -> tuple[str, str]:
        item, location = key = (level.inventory_item_id, level.location_id)
        gid = f"gid://shopify/InventoryLevel/{self._level_ids.get(key, location)}?inventory_item_id={item}"
        before = f'{{"inventory_item_id":{item},"location_id":{location},"available":'
        after = escaped(f',"admin_graphql_api_id":"{gid}"}}'.encode()).decode()
        self._pieces[key] = before, after
        return before, after
