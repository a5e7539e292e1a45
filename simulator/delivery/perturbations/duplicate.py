"""Duplicate: some deliveries are sent again a little later, with the same webhook id and the same bytes.

At-least-once delivery allows this, and users of Shopify report it (docs/sources.md, S6).
"""

import msgspec

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.config import PerturbationConfig
from stockstorm.simulator.delivery.attempts import Delivery
from stockstorm.simulator.seeds import Seeds


class Duplicate:
    """Adds `copies` copies to a share of the originals, each due at most `seconds` after its original."""

    def __init__(self, name: str, config: PerturbationConfig, seeds: Seeds) -> None:
        self._name, self._seeds, self._config = name, seeds, config
        self._span_ns = config.seconds * SECOND_NS

    def __call__(self, deliveries: list[Delivery]) -> list[Delivery]:
        """All the deliveries, each followed by its copies."""
        result: list[Delivery] = []
        for delivery in deliveries:
            result.append(delivery)
            if self._selected(delivery):
                result.extend(self._copy(delivery, copy) for copy in range(1, self._config.copies + 1))
        return result

    def _selected(self, delivery: Delivery) -> bool:
        event = delivery.event
        return (
            event is not None
            and delivery.copy == 0
            and (not self._config.topics or delivery.topic in self._config.topics)
            and self._seeds.draw(self._name, *event.rng_key) < self._config.share
        )

    def _copy(self, delivery: Delivery, copy: int) -> Delivery:
        rng_key = delivery.event.rng_key if delivery.event is not None else ()
        lag_ns = int(self._seeds.draw(self._name, "lag", copy, *rng_key) * self._span_ns)
        return msgspec.structs.replace(
            delivery, due_ns=delivery.due_ns + lag_ns, copy=copy, perturbed=(*delivery.perturbed, "duplicate")
        )
