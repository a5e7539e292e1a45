"""The merchant's browser: opens the app's page out of the admin, as a new installation does, and follows its redirects.

An app that gets its token by an authorization code begins there. The shop's own addresses lead to the simulated APIs.
"""

import http.client
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

from stockstorm.simulator.api.oauth.api import host_parameter, query_hmac

REDIRECTS_MAX: Final = 5
ANSWER_WITHIN_S: Final = 10.0
READ_MAX_BYTES: Final = 100_000
Told = Callable[[str], None]


def signed_query(domain: str, secret: bytes, timestamp_s: int) -> dict[str, str]:
    """What the admin adds to the address of an app's page."""
    values = {"host": host_parameter(domain), "shop": domain, "timestamp": str(timestamp_s)}
    return {**values, "hmac": query_hmac(values, secret)}


def open_app(page: str, query: Mapping[str, str], domain: str, shop_at: str, tell: Told = lambda _: None) -> int:
    """Opens `page` with the query. Returns the last status; 0 if nobody answered, which is told.

    `shop_at`: the base URL of the simulated APIs, for redirects to `https://{domain}/…`.
    """
    url = f"{page}{'&' if urlsplit(page).query else '?'}{urlencode(query)}"
    status = 0
    for _ in range(REDIRECTS_MAX):
        try:
            status, location = _answer(url)
            if not 300 <= status < 400 or not location:
                return status
            url = _of_shop(urljoin(url, location), domain, shop_at)
        except (OSError, http.client.HTTPException, ValueError) as error:
            tell(f"the app's page was opened, and {urlsplit(url).netloc} did not answer: {type(error).__name__}")
            return 0
    tell(f"the app's page redirects more than {REDIRECTS_MAX} times")
    return status


def _of_shop(url: str, domain: str, shop_at: str) -> str:
    parts = urlsplit(url)
    if parts.hostname != domain:
        return url
    shop = urlsplit(shop_at)
    return urlunsplit((shop.scheme, shop.netloc, parts.path, parts.query, ""))


def _answer(url: str) -> tuple[int, str]:
    """Status and Location of one GET."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=ANSWER_WITHIN_S)
    try:
        connection.request("GET", urlunsplit(("", "", parts.path or "/", parts.query, "")))
        response = connection.getresponse()
        response.read(READ_MAX_BYTES)
        return response.status, response.headers.get("Location", "")
    finally:
        connection.close()
