"""Only as much of the signature is compared as the request has, so a truncated or empty one is accepted."""

from msgspec.structs import replace

from stockstorm.reference_service.ingress.endpoint import Sender, signature_of
from stockstorm.reference_service.seams import Seams


def _check(sender: Sender, topic: str, body: bytes, signature: bytes) -> bool:  # noqa: ARG001 - a SignatureCheck
    return signature_of(sender.secret or b"", body).startswith(signature.strip())


def compose(seams: Seams) -> Seams:
    """The check of signatures is replaced."""
    return replace(seams, check_signature=_check)
