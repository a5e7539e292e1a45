"""Who sent a body: base64 HMAC-SHA256 of the raw bytes, compared in constant time."""

import hashlib
import hmac
from base64 import b64encode


def signature_of(secret: bytes, body: bytes) -> bytes:
    """What a genuine sender writes into its signature header."""
    return b64encode(hmac.digest(secret, body, hashlib.sha256))


def is_genuine(secret: bytes, body: bytes, signature: bytes) -> bool:
    """Whether `signature` (the header's bytes) was made with `secret` over exactly these bytes."""
    return hmac.compare_digest(signature_of(secret, body), signature.strip())
