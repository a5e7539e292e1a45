"""The lines of an order as payloads show them, with prices that include 20 % VAT."""

from collections.abc import Mapping
from typing import Final

from msgspec import Raw

from stockstorm.simulator.events.encoding import Money, amount
from stockstorm.simulator.events.order_shape import LineBody, TaxLine
from stockstorm.simulator.model import Order, OrderLine, Product, Sku

VAT_RATE: Final = Raw(b"0.20")  # a float with a trailing zero, which re-serialising receivers lose
VAT_DIVISOR: Final = 6  # VAT of 20 % is one sixth of a gross price


def vat(gross_minor: int) -> int:
    """The VAT within a gross amount, in minor units, rounded half up."""
    return (gross_minor * 2 + VAT_DIVISOR) // (VAT_DIVISOR * 2)


class Lines:
    """Builds `line_items`."""

    def __init__(self, products: Mapping[Sku, Product], money: Money) -> None:
        self.products, self._money = products, money
        self._zero = money.in_both(0)

    def bodies(self, order: Order) -> tuple[LineBody, ...]:
        """All lines; what was refunded or cancelled is no longer current."""
        back = refunded(order)
        return tuple(self.body(line, left(order, line, back)) for line in order.lines)

    def body(self, line: OrderLine, current: int) -> LineBody:
        """One line of which `current` units still stand."""
        product = self.products[line.sku]
        return LineBody(
            id=line.line_id,
            admin_graphql_api_id=f"gid://shopify/LineItem/{line.line_id}",
            current_quantity=current,
            fulfillable_quantity=current,
            grams=product.grams,
            name=product.title,
            price=amount(line.price_minor),
            price_set=self._money.in_both(line.price_minor),
            product_id=product.product_id,
            quantity=line.quantity,
            sku=line.sku,
            title=product.title,
            total_discount_set=self._zero,
            variant_id=product.variant_id,
            vendor=product.vendor,
            tax_lines=(self.tax(vat(line.price_minor * line.quantity)),),
        )

    def tax(self, minor: int) -> TaxLine:
        """A tax line of this amount."""
        return TaxLine(price=amount(minor), rate=VAT_RATE, price_set=self._money.in_both(minor))


def refunded(order: Order) -> dict[int, int]:
    """Units refunded so far, by line id."""
    back: dict[int, int] = {}
    for refund in order.refunds:
        for line in refund.lines:
            back[line.line_id] = back.get(line.line_id, 0) + line.quantity
    return back


def left(order: Order, line: OrderLine, back: Mapping[int, int]) -> int:
    """Units of the line that are neither cancelled nor refunded."""
    return 0 if order.cancelled_ns is not None else line.quantity - back.get(line.line_id, 0)
