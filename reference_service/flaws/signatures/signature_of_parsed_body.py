"""The body is parsed and serialised again before its signature is checked, so bodies that come out different fail."""

import json
from contextlib import suppress

from msgspec.structs import replace

from stockstorm.reference_service.ingress.endpoint import Sender, check_signature
from stockstorm.reference_service.seams import Seams


def _check(sender: Sender, topic: str, body: bytes, signature: bytes) -> bool:
    with suppress(ValueError, RecursionError):
        body = json.dumps(json.loads(body), separators=(",", ":")).encode()
    return check_signature(sender, topic, body, signature)


def compose(seams: Seams) -> Seams:
    """The check of signatures is replaced."""
    return replace(seams, check_signature=_check)
