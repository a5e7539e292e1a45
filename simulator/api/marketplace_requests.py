"""What a request to the marketplace API holds: bodies and parameters, or why it is refused."""

from typing import Annotated, Any, Final, TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec

from stockstorm.simulator.errors import UNREADABLE_JSON
from stockstorm.simulator.limits import LISTINGS_PER_CALL_MAX, QUANTITY_MAX, REQUEST_BODY_MAX_BYTES
from stockstorm.simulator.model import ApiOutcome
from stockstorm.simulator.shop.subscriptions import is_bus

_OUTCOMES: Final[dict[int, ApiOutcome]] = {401: "denied", 422: "user_error", 429: "throttled"}


class Refusal(Exception):
    """A request that is not accepted. `outcome` is recorded in the history."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status, self.code, self.message = status, code, message
        super().__init__(message)

    @property
    def body(self) -> dict[str, Any]:
        return {"error": {"code": self.code, "message": self.message}}

    @property
    def outcome(self) -> ApiOutcome:
        return _OUTCOMES.get(self.status, "bad_request" if 400 <= self.status < 500 else "failed")


class TooManyCalls(Refusal):
    """A call beyond the rate limit. `Retry-After` says the same."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(429, "too_many_requests", f"wait {wait_s} s, as Retry-After says")


class Listing(msgspec.Struct, frozen=True, gc=False):
    """The quantity to list for a SKU, in whole units."""

    sku: str
    quantity: Annotated[int, msgspec.Meta(ge=0, le=QUANTITY_MAX)]


class ListingsPut(msgspec.Struct, frozen=True):
    """The body of PUT /listings."""

    listings: list[Listing]


class NotificationsPut(msgspec.Struct, frozen=True):
    """The only address that the channel notifies."""

    url: str


_LISTINGS: Final = msgspec.json.Decoder(ListingsPut)
_NOTIFICATIONS: Final = msgspec.json.Decoder(NotificationsPut)
T = TypeVar("T")


def listings_of(body: bytes) -> list[Listing]:
    """The rows of PUT /listings. Raises Refusal for bad JSON (400), wrong values (422) and more than 500 rows (413)."""
    rows = _decoded(body, _LISTINGS, '{"listings": [{"sku": "…", "quantity": 5}]}').listings
    if len(rows) > LISTINGS_PER_CALL_MAX:
        message = f"{len(rows)} rows; send at most {LISTINGS_PER_CALL_MAX} in one call"
        raise Refusal(413, "too_many_rows", message)
    return rows


def notification_url_of(body: bytes) -> str:
    """The address of PUT /notifications: http(s), or an event bus spelled as with Shopify.

    Raises Refusal for bad JSON (400) and other addresses (422). Real marketplaces, such as Amazon's, deliver to their
    customers' buses and queues too.
    """
    url = _decoded(body, _NOTIFICATIONS, '{"url": "https://…"}').url
    if is_bus(url):
        return url
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        wanted = "a URL with http:// or https://, the ARN of a partner event source, or pubsub://project:topic"
        raise Refusal(422, "invalid_url", f"{url!r} is not a valid address; send {wanted}")
    return url


def _decoded(body: bytes, decoder: msgspec.json.Decoder[T], example: str) -> T:
    if len(body) > REQUEST_BODY_MAX_BYTES:
        raise Refusal(413, "body_too_large", f"{len(body)} bytes; send at most {REQUEST_BODY_MAX_BYTES}")
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise Refusal(422, "invalid_body", f"{error}; send {example}") from None
    except UNREADABLE_JSON as error:
        raise Refusal(400, "bad_json", f"{error}; send {example}") from None


class Parameters:
    """The query string of a request."""

    def __init__(self, query: str) -> None:
        self._values = parse_qs(query, keep_blank_values=True)

    def text(self, name: str) -> str:
        """The value of a parameter, empty if it is missing."""
        return self._values.get(name, [""])[-1]

    def number(self, name: str, *, default: int, low: int, high: int) -> int:
        """A whole number from `low` to `high`. Raises Refusal (422) for anything else."""
        text = self.text(name)
        if not text:
            return default
        if not (text.isascii() and text.isdigit() and len(text) < 16 and low <= int(text) <= high):
            raise Refusal(422, f"invalid_{name}", f"{name}={text}; send a whole number from {low} to {high}")
        return int(text)
