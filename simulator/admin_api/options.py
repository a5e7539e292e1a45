"""What is not known for certain about Shopify, or is relaxed for a simulator, as parameters with their defaults."""

import msgspec


class AdminOptions(msgspec.Struct, frozen=True):
    """`allow_http`: accept subscriptions to http:// and to hosts of this machine (False refuses them as Shopify does).

    `stale_field`: the last element of the `field` path of CHANGE_FROM_QUANTITY_STALE; it is not in the recordings.
    `retry_failed_key`: let a key whose attempt ended in user errors be used again. False answers
    IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED, as the text of that code says; no recording shows it.
    """

    allow_http: bool = True
    stale_field: str = "changeFromQuantity"
    retry_failed_key: bool = False
