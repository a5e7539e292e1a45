"""How an event bus is named where notifications are asked for: a partner event source's ARN, or a Pub/Sub topic."""

import re
from typing import Final

_PUBSUB: Final = re.compile(r"pubsub://[^:/\s]+:[^:/\s]+")
_ARN: Final = re.compile(r"arn:aws:events:[a-z0-9-]+::event-source/aws\.partner/shopify\.com/\d+/\S+")


def is_bus(uri: str) -> bool:
    """Whether deliveries to it go over a bus, which knows its publishers, rather than to anybody's HTTP address."""
    return bool(_PUBSUB.fullmatch(uri) or _ARN.fullmatch(uri))
