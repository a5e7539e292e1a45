"""Products as the subject has edited them. Everything else reads the catalogue, which does not change."""

from collections.abc import Mapping, Sequence

from stockstorm.simulator.model import Product


class Edits:
    """The newest value of each edited variant."""

    def __init__(self) -> None:
        self._edited: dict[int, Product] = {}

    def of(self, product: Product) -> Product:
        """The product as it is now."""
        return self._edited.get(product.variant_id, product) if self._edited else product

    def all_of(self, products: Sequence[Product]) -> Sequence[Product]:
        """Several products as they are now."""
        return [self.of(product) for product in products] if self._edited else products

    def change(self, product: Product) -> None:
        """Store a new value."""
        self._edited[product.variant_id] = product


def changed(product: Product, values: Mapping[str, object]) -> bool:
    """Whether any of these values is new."""
    return any(getattr(product, name) != value for name, value in values.items())
