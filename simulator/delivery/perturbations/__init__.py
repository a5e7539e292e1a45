"""Changes to the plan of deliveries: protocol, no-op, `compose` and the registry. One variant a file.

Dice are keyed by the event, never drawn in sequence: the same purchase meets the same fate in every run and
architecture, however many other deliveries there are. All subscriptions of one event share its fate. Forged deliveries
are left alone.
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from stockstorm.simulator.config import PerturbationConfig
from stockstorm.simulator.delivery.attempts import Delivery
from stockstorm.simulator.delivery.perturbations.delay import Delay
from stockstorm.simulator.delivery.perturbations.duplicate import Duplicate
from stockstorm.simulator.delivery.perturbations.reorder import Reorder
from stockstorm.simulator.seeds import Seeds


class Perturbation(Protocol):
    """Rewrites due times and adds copies. It loses nothing and makes nothing due earlier."""

    def __call__(self, deliveries: list[Delivery]) -> list[Delivery]: ...


REGISTRY: Final[dict[str, Callable[[str, PerturbationConfig, Seeds], Perturbation]]] = {
    "delay": Delay,
    "duplicate": Duplicate,
    "reorder": Reorder,
}


def unperturbed(deliveries: list[Delivery]) -> list[Delivery]:
    """The no-op: the same list."""
    return deliveries


def compose(perturbations: Sequence[Perturbation]) -> Perturbation:
    """One after the other, in the sequence given."""
    if not perturbations:
        return unperturbed
    if len(perturbations) == 1:
        return perturbations[0]

    def composed(deliveries: list[Delivery]) -> list[Delivery]:
        for perturbation in perturbations:
            deliveries = perturbation(deliveries)
        return deliveries

    return composed


def build(configs: Sequence[PerturbationConfig], seeds: Seeds) -> Perturbation:
    """The perturbations of a scenario. The n-th of a kind has dice of its own, whatever other kinds stand between."""
    seen: dict[str, int] = {}
    made: list[Perturbation] = []
    for config in configs:
        seen[config.kind] = seen.get(config.kind, 0) + 1
        made.append(REGISTRY[config.kind](f"{config.kind}.{seen[config.kind]}", config, seeds))
    return compose(made)
