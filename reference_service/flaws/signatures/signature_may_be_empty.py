"""A request without a signature is accepted; one with a wrong signature is refused."""

from msgspec.structs import replace

from stockstorm.reference_service.ingress.endpoint import Sender, check_signature
from stockstorm.reference_service.seams import Seams


def _check(sender: Sender, topic: str, body: bytes, signature: bytes) -> bool:
    return not signature or check_signature(sender, topic, body, signature)


def compose(seams: Seams) -> Seams:
    """The check of signatures is replaced."""
    return replace(seams, check_signature=_check)
