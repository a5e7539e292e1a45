"""The complete HTTP/1.1 head of a delivery, as Shopify (docs/sources.md, S1) or a marketplace sends it.

The part that is the same for all deliveries of a subscription is made once, as a `…_prefix`.
"""

from urllib.parse import quote

from stockstorm.simulator.delivery.attempts import Address
from stockstorm.simulator.model import Subscription
from stockstorm.simulator.versions import NEWEST, ApiVersion

_PATH_SAFE = "/?:@!$&'()*+,;=%-._~[]"


def shopify_prefix(address: Address, subscription: Subscription, domain: str, version: ApiVersion = NEWEST) -> str:
    """The head's constant part for one Shopify subscription. `X-Shopify-Name` is included only if it has a name.

    `version` is the app's.
    """
    name = f"X-Shopify-Name: {quote(subscription.name)}\r\n" if subscription.name else ""
    return (
        f"{_request(address)}User-Agent: Shopify-Captain-Hook\r\n"
        f"X-Shopify-Topic: {subscription.topic}\r\n"
        f"X-Shopify-Shop-Domain: {domain}\r\n"
        f"X-Shopify-API-Version: {version}\r\n{name}"
    )


def shopify_headers(
    prefix: str, *, length: int, signature: str | None, webhook_id: str, event_id: str, triggered_at: str
) -> bytes:
    """The complete head with its blank line. Without `signature`, which only a forgery lacks, the field is left out."""
    signed = f"X-Shopify-Hmac-Sha256: {signature}\r\n" if signature is not None else ""
    return (
        f"{prefix}Content-Length: {length}\r\n{signed}X-Shopify-Webhook-Id: {webhook_id}\r\n"
        f"X-Shopify-Event-Id: {event_id}\r\nX-Shopify-Triggered-At: {triggered_at}\r\n\r\n"
    ).encode("ascii")


def marketplace_prefix(address: Address, subscription: Subscription) -> str:
    """The head's constant part for one marketplace's notifications."""
    return f"{_request(address)}User-Agent: Marketplace-Notifier\r\nX-Marketplace-Channel: {subscription.source}\r\n"


def marketplace_headers(
    prefix: str, *, length: int, signature: str | None, topic: str, webhook_id: str, triggered_at: str
) -> bytes:
    """The complete head of a marketplace's notification, with its blank line. Only a forgery lacks the signature."""
    signed = f"X-Marketplace-Signature: {signature}\r\n" if signature is not None else ""
    return (
        f"{prefix}Content-Length: {length}\r\nX-Marketplace-Topic: {topic}\r\n{signed}"
        f"X-Marketplace-Delivery-Id: {webhook_id}\r\nX-Marketplace-Triggered-At: {triggered_at}\r\n\r\n"
    ).encode("ascii")


def _request(address: Address) -> str:
    """Request line and general header fields. Host and path are quoted, so that a URI cannot inject a header."""
    host = f"[{address.host}]" if ":" in address.host else quote(address.host, safe=".-")
    if address.port != (443 if address.tls else 80):
        host = f"{host}:{address.port}"
    path = quote(address.path, safe=_PATH_SAFE) or "/"
    return f"POST {path} HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\nContent-Type: application/json\r\n"
