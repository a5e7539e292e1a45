"""The signature of a delivery: base64 of the HMAC-SHA256 of the raw body (docs/sources.md, S2). It covers no header."""

import binascii
import hmac


def sign(secret: bytes, body: bytes) -> str:
    """The value of X-Shopify-Hmac-Sha256 for these bytes, 44 characters."""
    return binascii.b2a_base64(hmac.digest(secret, body, "sha256"), newline=False).decode("ascii")


def matches(secret: bytes, body: bytes, signature: str) -> bool:
    """Whether the signature is that of the body, compared in constant time."""
    return hmac.compare_digest(sign(secret, body).encode(), signature.encode())
