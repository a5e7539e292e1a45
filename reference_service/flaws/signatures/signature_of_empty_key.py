"""A second secret that is not set counts as a secret, so whoever signs with an empty key is believed."""

from msgspec.structs import replace

from stockstorm.reference_service.ingress.endpoint import Sender, check_signature
from stockstorm.reference_service.seams import Seams


def _check(sender: Sender, topic: str, body: bytes, signature: bytes) -> bool:
    return check_signature(replace(sender, previous=sender.previous or b""), topic, body, signature)


def compose(seams: Seams) -> Seams:
    """The check of signatures is replaced."""
    return replace(seams, check_signature=_check)
