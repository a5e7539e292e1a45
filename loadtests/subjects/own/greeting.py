"""The first requests to a user's own service, before any load: is it the service that receives webhooks there?

A delivery without a signature is sent first, which a receiver refuses. Only where the answer is one that no receiver
gives is a signed one sent, of a topic that nobody subscribed to, so that a sound service is never taken for another.
"""

import base64
import datetime
import hmac
import socket
from typing import Final
from urllib.parse import urlsplit

import httpx

from stockstorm.loadtests.limits import OWN_ANSWER_S, READY_ANSWER_S
from stockstorm.loadtests.subjects.own.urls import trusting
from stockstorm.simulator.errors import SubjectError
from stockstorm.simulator.versions import NEWEST

TOPIC: Final = "shop/update"
BODY: Final = b'{"id":1}'
# What another program says to a POST, and what a receiver does not: no such path, no such method, not here.
FOREIGN: Final = frozenset({301, 302, 303, 307, 308, 404, 405, 410, 501})


def listens(url: str) -> bool:
    """Whether something accepts connections at the URL's host and port."""
    try:
        with socket.create_connection(_endpoint(url), timeout=READY_ANSWER_S):
            return True
    except OSError:
        return False


def greet(uris: tuple[str, ...], secret: str, domain: str, authority: str = "", version: str = NEWEST) -> None:
    """Asks each address. Raises SubjectError, which names what stands in the way."""
    for uri in uris:
        status = _asked(uri, authority, {"X-Shopify-Topic": TOPIC, "X-Shopify-Shop-Domain": domain})
        if status not in FOREIGN:
            continue
        status = _asked(uri, authority, signed(TOPIC, secret, domain, version))
        if status in FOREIGN:
            found = f"it answers {_words(status)} to webhooks, signed or not: another program, or another path"
            raise SubjectError(uri, found, "check port and path of `webhooks`; nothing was sent besides this")


def signed(topic: str, secret: str, domain: str, version: str = NEWEST) -> dict[str, str]:
    """Headers of a webhook with BODY and a good signature, of a topic that nobody subscribed to.

    All that Shopify sends are there: its own library for Node refuses a webhook that lacks one.
    """
    now = datetime.datetime.now(datetime.UTC)
    return {
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": domain,
        "X-Shopify-Hmac-Sha256": base64.b64encode(hmac.digest(secret.encode(), BODY, "sha256")).decode(),
        "X-Shopify-API-Version": version,
        "X-Shopify-Webhook-Id": f"stockstorm-{topic}",
        "X-Shopify-Event-Id": f"stockstorm-{topic}-event",
        "X-Shopify-Triggered-At": now.isoformat(timespec="microseconds").replace("+00:00", "Z"),
    }


def _asked(uri: str, authority: str, headers: dict[str, str]) -> int:
    try:
        answer = httpx.post(
            uri,
            content=BODY,
            headers={"Content-Type": "application/json", **headers},
            timeout=OWN_ANSWER_S,
            verify=trusting(authority) if uri.startswith("https:") else False,
        )
    except httpx.ConnectError as error:
        raise _unconnected(uri, str(error)) from None
    except httpx.TimeoutException:
        found = f"no answer within {OWN_ANSWER_S:g} s: something listens, and does not answer a POST"
        raise SubjectError(uri, found, "look at its log; it may be another program") from None
    except httpx.RemoteProtocolError as error:
        found = f"what listens there does not speak HTTP, or expects https ({error})"
        raise SubjectError(uri, found, "check the port, and http:// or https://") from None
    except httpx.HTTPError as error:
        raise SubjectError(uri, f"the first request failed: {error}", "look at its log, then run again") from None
    return answer.status_code


def _unconnected(uri: str, error: str) -> SubjectError:
    if "certificate" in error.lower():
        found = f"its certificate is not accepted: {error}"
        remedy = "give the authority that signed it with --ca FILE; Shopify itself accepts public ones only"
        return SubjectError(uri, found, remedy)
    if "ssl" in error.lower():
        return SubjectError(uri, f"it does not speak TLS there: {error}", "write http://, or the port of https")
    return SubjectError(uri, f"nobody answers there: {error}", "start your service first, then run again")


def _words(status: int) -> str:
    try:
        return f"{status} {httpx.codes(status).name.replace('_', ' ').title()}"
    except ValueError:
        return str(status)


def _endpoint(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
