"""The shop's secret was read with its line break, so every request of the shop is refused."""

from msgspec.structs import replace

from stockstorm.reference_service.domain.topics import SHOPIFY
from stockstorm.reference_service.ingress.endpoint import Sender, check_signature
from stockstorm.reference_service.seams import Seams


def _check(sender: Sender, topic: str, body: bytes, signature: bytes) -> bool:
    if sender.source == SHOPIFY:
        sender = replace(sender, secret=(sender.secret or b"") + b"\n")
    return check_signature(sender, topic, body, signature)


def compose(seams: Seams) -> Seams:
    """The check of signatures is replaced."""
    return replace(seams, check_signature=_check)
