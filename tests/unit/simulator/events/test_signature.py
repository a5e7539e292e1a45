"""Signatures are Shopify's: base64 of HMAC-SHA256 over the raw body."""

import base64
import hashlib
import hmac

from stockstorm.simulator.events.encoding import matches, sign

SECRET, BODY = b"hush", '{"a":"é\\/"}'.encode()


def test_the_signature_is_base64_of_hmac_sha256_of_the_body() -> None:
    assert sign(SECRET, BODY) == base64.b64encode(hmac.new(SECRET, BODY, hashlib.sha256).digest()).decode()


def test_only_the_same_body_under_the_same_key_matches() -> None:
    signature = sign(SECRET, BODY)
    assert matches(SECRET, BODY, signature)
    assert not matches(SECRET, BODY + b" ", signature)
    assert not matches(b"other", BODY, signature)
    assert not matches(SECRET, BODY, "")
    assert not matches(SECRET, BODY, "é")
