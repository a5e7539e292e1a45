"""Signatures are compared in small letters, as by a database whose collation ignores case."""

from msgspec.structs import replace

from stockstorm.reference_service.ingress.endpoint import Sender, signature_of
from stockstorm.reference_service.seams import Seams


def _check(sender: Sender, topic: str, body: bytes, signature: bytes) -> bool:  # noqa: ARG001 - a SignatureCheck
    return signature_of(sender.secret or b"", body).lower() == signature.strip().lower()


def compose(seams: Seams) -> Seams:
    """The check of signatures is replaced."""
    return replace(seams, check_signature=_check)
