"""The lines of an order, as orders, refunds and parcels show them."""

from collections.abc import Mapping
from typing import Final

from msgspec import Raw

from stockstorm.simulator.events.encoding import CACHED_MAX, Money, amount
from stockstorm.simulator.events.line_shape import LineBody, RefundedItem, TaxLine
from stockstorm.simulator.events.order_sums import due_units, refunded_units, remaining_units, shipped_units, vat
from stockstorm.simulator.events.product_payload import full_title
from stockstorm.simulator.model import Order, OrderLine, Product, Sku

VAT_RATE: Final = Raw(b"0.20")  # a float with a trailing zero, which is lost when a receiver re-serialises


class Lines:
    """Builds `line_items`."""

    def __init__(self, products: Mapping[Sku, Product], money: Money) -> None:
        self.products, self._money = products, money
        self._zero = money.in_both(0)
        self._taxes: dict[int, TaxLine] = {}

    def bodies(self, order: Order) -> tuple[LineBody, ...]:
        """All lines. Refunded and cancelled units are no longer current."""
        refunded = refunded_units(order)
        if not order.fulfilments:
            currents = [remaining_units(order, line, refunded) for line in order.lines]
            return tuple([self.body(line, units, units) for line, units in zip(order.lines, currents, strict=True)])
        shipped, due = shipped_units(order), due_units(order)
        return tuple(
            self.body(line, remaining_units(order, line, refunded), due[line.line_id], shipped.get(line.line_id, 0))
            for line in order.lines
        )

    def body(self, line: OrderLine, current: int, due: int, shipped: int = 0) -> LineBody:
        """One line with `current` units neither cancelled nor refunded, and `due` ones that are still to be shipped."""
        product = self.products[line.sku]
        return LineBody(
            id=line.line_id,
            admin_graphql_api_id=f"gid://shopify/LineItem/{line.line_id}",
            current_quantity=current,
            fulfillable_quantity=due,
            fulfillment_status=None if not shipped else "partial" if due else "fulfilled",
            grams=product.grams,
            name=full_title(product),
            price=amount(line.price_minor),
            price_set=self._money.in_both(line.price_minor),
            product_id=product.product_id,
            quantity=line.quantity,
            sku=line.sku,
            title=product.title,
            total_discount_set=self._zero,
            variant_id=product.variant_id,
            variant_title=product.variant_title,
            vendor=product.vendor,
            tax_lines=(self.tax(vat(line.price_minor * line.quantity)),),
        )

    def refunded(self, line: OrderLine, due: int, shipped: int) -> RefundedItem:
        """The same line as a refund shows it: fewer fields, in another order."""
        product, vat_minor = self.products[line.sku], vat(line.price_minor * line.quantity)
        return RefundedItem(
            id=line.line_id,
            variant_id=product.variant_id,
            title=product.title,
            quantity=line.quantity,
            sku=line.sku,
            variant_title=product.variant_title,
            vendor=product.vendor,
            product_id=product.product_id,
            name=full_title(product),
            fulfillable_quantity=due,
            grams=product.grams,
            price=amount(line.price_minor),
            fulfillment_status=None if not shipped else "partial" if due else "fulfilled",
            price_set=self._money.in_both(line.price_minor),
            total_discount_set=self._zero,
            admin_graphql_api_id=f"gid://shopify/LineItem/{line.line_id}",
            tax_lines=(self.tax(vat_minor),),
        )

    def grams(self, order: Order) -> int:
        """The weight of all units as bought."""
        return sum(self.products[line.sku].grams * line.quantity for line in order.lines)

    def tax(self, minor: int) -> TaxLine:
        """A tax line of this amount."""
        made = self._taxes.get(minor)
        if made is None:
            if len(self._taxes) >= CACHED_MAX:
                self._taxes.clear()
            made = self._taxes[minor] = TaxLine(
                price=amount(minor), rate=VAT_RATE, price_set=self._money.in_both(minor)
            )
        return made
