"""Flaws of counting the units of an order."""

from collections.abc import Mapping

from stockstorm.reference_service.flaws.arithmetic import (
    cancel_ignores_returns,
    cancel_of_first_line,
    cancellations_ignored,
    first_line_only,
    lines_cut,
    negative_level_as_zero,
    null_level_as_zero,
    quantity_ignored,
    restock_flag_ignored,
    return_after_cancel_applied,
    return_of_whole_order,
    returns_ignored,
    same_sku_overwrites,
    second_return_overwrites,
)
from stockstorm.reference_service.seams import Compose

FLAWS: Mapping[str, Compose] = {
    "cancel_ignores_returns": cancel_ignores_returns.compose,
    "cancel_of_first_line": cancel_of_first_line.compose,
    "cancellations_ignored": cancellations_ignored.compose,
    "first_line_only": first_line_only.compose,
    "lines_cut": lines_cut.compose,
    "negative_level_as_zero": negative_level_as_zero.compose,
    "null_level_as_zero": null_level_as_zero.compose,
    "quantity_ignored": quantity_ignored.compose,
    "restock_flag_ignored": restock_flag_ignored.compose,
    "return_after_cancel_applied": return_after_cancel_applied.compose,
    "return_of_whole_order": return_of_whole_order.compose,
    "returns_ignored": returns_ignored.compose,
    "same_sku_overwrites": same_sku_overwrites.compose,
    "second_return_overwrites": second_return_overwrites.compose,
}
