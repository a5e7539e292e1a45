"""Flaws by which a part of the shop is left out."""

from collections.abc import Mapping

from stockstorm.reference_service.flaws.coverage import (
    adjusts_first_location_only,
    cancellations_of_one_channel_ignored,
    channel_not_registered,
    edits_ignored,
    feed_not_polled,
    first_page_of_items_only,
    item_without_sku_ends_reading,
    large_bodies_refused,
    location_left_out,
    location_overwrites_total,
    one_location_listed,
    sku_read_as_number,
    skus_left_out,
    topic_not_subscribed,
    variants_by_number_left_out,
)
from stockstorm.reference_service.seams import Compose

FLAWS: Mapping[str, Compose] = {
    "cancellations_of_one_channel_ignored": cancellations_of_one_channel_ignored.compose,
    "channel_not_registered": channel_not_registered.compose,
    "edits_ignored": edits_ignored.compose,
    "feed_not_polled": feed_not_polled.compose,
    "first_page_of_items_only": first_page_of_items_only.compose,
    "item_without_sku_ends_reading": item_without_sku_ends_reading.compose,
    "large_bodies_refused": large_bodies_refused.compose,
    "location_left_out": location_left_out.compose,
    "location_overwrites_total": location_overwrites_total.compose,
    "one_location_listed": one_location_listed.compose,
    "adjusts_first_location_only": adjusts_first_location_only.compose,
    "sku_read_as_number": sku_read_as_number.compose,
    "skus_left_out": skus_left_out.compose,
    "topic_not_subscribed": topic_not_subscribed.compose,
    "variants_by_number_left_out": variants_by_number_left_out.compose,
}
