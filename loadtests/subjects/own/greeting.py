"""The first requests to a user's own service, before any load: is it the service that receives webhooks there?

A delivery without a signature is sent first, which a receiver refuses. Only where that tells no receiver is a signed
one sent, of a topic that nobody subscribed to, so that a sound service is never taken for another.
"""

import base64
import datetime
import hmac
import socket
import ssl
import time
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

import httpx
import msgspec

from stockstorm.loadtests.limits import OWN_ANSWER_S, OWN_GREETING_S, READY_ANSWER_S
from stockstorm.loadtests.subjects.asking import asked
from stockstorm.loadtests.subjects.own.urls import trusting
from stockstorm.reports.result import printable
from stockstorm.simulator.errors import SubjectError
from stockstorm.simulator.versions import NEWEST

TOPIC: Final = "shop/update"
BODY: Final = b'{"id":1}'
WORDS_MAX: Final = 100  # characters of a header, in an error
QUICKLY: Final = "store the event, answer 200, and do the work afterwards"
# What another program says to a POST, and what a receiver does not: no such path, no such method, not here.
FOREIGN: Final = frozenset({301, 302, 303, 307, 308, 404, 405, 410, 501})


def listens(url: str) -> bool:
    """Whether something accepts connections at the URL's host and port."""
    try:
        with socket.create_connection(_endpoint(url), timeout=READY_ANSWER_S):
            return True
    except OSError:
        return False


class Answer(msgspec.Struct, frozen=True):
    """What was answered to one request. `elsewhere`: the address of a redirect."""

    status: int
    took_s: float
    program: str = ""
    elsewhere: str = ""

    @property
    def by_receiver(self) -> bool:
        """Whether a receiver can have given it, and in the time that Shopify waits."""
        return self.status not in FOREIGN and self.took_s <= OWN_ANSWER_S


def greet(uris: tuple[str, ...], secret: str, domain: str, authority: str = "", version: str = NEWEST) -> None:
    """Asks each address. Raises SubjectError, which names what stands in the way.

    Who is late, or says nothing, to a request without a signature may keep a forger waiting, or start slowly. Only the
    answer to a signed one counts then.
    """
    for uri in uris:
        with suppress(SubjectError):
            unsigned = {"X-Shopify-Topic": TOPIC, "X-Shopify-Shop-Domain": domain}
            if _asked(uri, authority, unsigned).by_receiver:
                continue
        answer = _asked(uri, authority, signed(TOPIC, secret, domain, version))
        if not answer.by_receiver:
            raise _not_a_receiver(uri, answer)


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


def _asked(uri: str, authority: str, headers: dict[str, str]) -> Answer:
    began_s = time.monotonic()
    try:
        answer = asked(
            "POST",
            uri,
            OWN_GREETING_S,
            content=BODY,
            headers={"Content-Type": "application/json", **headers},
            verify=trusting(authority) if uri.startswith("https:") else False,
        )
    except httpx.ConnectError as error:
        raise _unconnected(uri, str(error)) from None
    except httpx.TimeoutException:
        found = f"it takes the connection, and gives no answer within {OWN_GREETING_S:g} s, signed or not"
        raise SubjectError(uri, found, f"read its log: a request may wait there for something; {QUICKLY}") from None
    except httpx.TransportError as error:
        raise _no_http(uri, str(error)) from None
    except httpx.HTTPError as error:
        raise SubjectError(uri, f"the first request failed: {error}", "look at its log, then run again") from None
    program = printable(answer.headers.get("Server", ""))[:WORDS_MAX]
    elsewhere = printable(answer.headers.get("Location", "").partition("?")[0])[:WORDS_MAX]
    return Answer(answer.status_code, time.monotonic() - began_s, program, elsewhere)


def _not_a_receiver(uri: str, answer: Answer) -> SubjectError:
    words = _words(answer.status)
    if answer.status not in FOREIGN:
        found = f"it answers webhooks after {answer.took_s:.1f} s ({words}); Shopify waits {OWN_ANSWER_S:g} s"
        return SubjectError(uri, found, f"{QUICKLY}; every webhook would count as failed")
    if answer.elsewhere:
        found = f"it answers webhooks with a redirect ({words}) to {answer.elsewhere}; Shopify follows none"
        remedy = "give `webhooks` the address that answers by itself; often only a slash at its end differs"
        return SubjectError(uri, found, remedy)
    by = f" ({answer.program})" if answer.program else ""
    found = f"it answers {words} to webhooks, signed or not: another program{by}, or another path"
    return SubjectError(uri, found, "check port and path of `webhooks`; nothing was sent besides this")


def _no_http(uri: str, error: str) -> SubjectError:
    """Something listens, and its answer is none of HTTP."""
    if uri.startswith("http:") and _speaks_tls(uri):
        return SubjectError(uri, "it speaks HTTPS there", "write https:// in place of http://, or the port of http")
    if "disconnected" in error or not error or "reset" in error.lower():
        found = "it closes the connection without an answer in HTTP, signed or not"
        return SubjectError(uri, found, "read its log: it may fail at this request; or another program has this port")
    found = f"what listens there does not speak HTTP ({printable(error)})"
    return SubjectError(uri, found, "check the port; another program may have it")


def _speaks_tls(uri: str) -> bool:
    """Whether a handshake succeeds, whatever the certificate."""
    host, port = _endpoint(uri)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((host, port), READY_ANSWER_S) as plain, context.wrap_socket(plain):
            return True
    except OSError:  # ssl.SSLError is one
        return False


def _unconnected(uri: str, error: str) -> SubjectError:
    if "certificate" in error.lower():
        found = f"its certificate is not accepted: {error}"
        remedy = "give the authority that signed it with --ca FILE; Shopify itself accepts public ones only"
        return SubjectError(uri, found, remedy)
    if "ssl" in error.lower():
        return SubjectError(uri, f"it does not speak TLS there: {error}", "write http://, or the port of https")
    if not _is_known(uri):
        remedy = "correct its name; a name of your own needs a line in the hosts file"
        return SubjectError(uri, f"no machine of this name is known here: {error}", remedy)
    return SubjectError(uri, f"nobody answers there: {error}", "start your service first, then run again")


def _is_known(uri: str) -> bool:
    """Whether its host has an address."""
    try:
        socket.getaddrinfo(*_endpoint(uri))
    except OSError:  # socket.gaierror is one
        return False
    return True


def _words(status: int) -> str:
    try:
        return f"{status} {httpx.codes(status).name.replace('_', ' ').title()}"
    except ValueError:
        return str(status)


def _endpoint(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
