"""Bodies and parameters of the marketplace API, checked as they are read.

Why a request is refused: an HTTP status and `{"error": {"code", "message"}}`; the message says what to send.
"""

from typing import Annotated, Any, Final, TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec

from stockstorm.simulator.history.facts import ApiOutcome
from stockstorm.simulator.limits import LISTINGS_PER_CALL_MAX, QUANTITY_MAX, REQUEST_BODY_MAX_BYTES
from stockstorm.simulator.shop.subscriptions import is_bus

OUTCOMES: Final[dict[int, ApiOutcome]] = {401: "denied", 422: "user_error"}


class Refusal(Exception):
    """`outcome` is how the call goes into the history."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status, self.code, self.message = status, code, message
        super().__init__(message)

    @property
    def body(self) -> dict[str, Any]:
        return {"error": {"code": self.code, "message": self.message}}

    @property
    def outcome(self) -> ApiOutcome:
        return OUTCOMES.get(self.status, "bad_request")


class Listing(msgspec.Struct, frozen=True, gc=False):
    """What the channel is to show for a SKU, in whole units."""

    sku: str
    quantity: Annotated[int, msgspec.Meta(ge=0, le=QUANTITY_MAX)]


class ListingsPut(msgspec.Struct, frozen=True):
    listings: list[Listing]


class NotificationsPut(msgspec.Struct, frozen=True):
    url: str


_LISTINGS: Final = msgspec.json.Decoder(ListingsPut)
_NOTIFICATIONS: Final = msgspec.json.Decoder(NotificationsPut)
T = TypeVar("T")


def listings_of(body: bytes) -> list[Listing]:
    """The rows of PUT /listings. Refuses bad JSON (400), wrong values (422) and more than 500 rows (413)."""
    rows = _decoded(body, _LISTINGS, '{"listings": [{"sku": "…", "quantity": 5}]}').listings
    if len(rows) > LISTINGS_PER_CALL_MAX:
        message = f"{len(rows)} rows; send at most {LISTINGS_PER_CALL_MAX} in one call"
        raise Refusal(413, "too_many_rows", message)
    return rows


def notification_url_of(body: bytes) -> str:
    """The address of PUT /notifications, http(s) or an event bus. Refuses bad JSON (400) and other addresses (422).

    Marketplaces such as Amazon's deliver to their customers' buses and queues too; buses are named as with Shopify.
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
        wanted = "one that begins with http:// or https://, the ARN of a partner event source or pubsub://project:topic"
        raise Refusal(422, "invalid_url", f"{url!r} is no address; send {wanted}")
    return url


def _decoded(body: bytes, decoder: msgspec.json.Decoder[T], example: str) -> T:
    if len(body) > REQUEST_BODY_MAX_BYTES:
        raise Refusal(413, "body_too_large", f"{len(body)} bytes; send at most {REQUEST_BODY_MAX_BYTES}")
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise Refusal(422, "invalid_body", f"{error}; send {example}") from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise Refusal(400, "bad_json", f"{error}; send {example}") from None


class Parameters:
    """The query string of a request."""

    def __init__(self, query: str) -> None:
        self._values = parse_qs(query, keep_blank_values=True)

    def text(self, name: str) -> str:
        """Value of a parameter, empty where it is not given."""
        return self._values.get(name, [""])[-1]

    def number(self, name: str, *, default: int, low: int, high: int) -> int:
        """A whole number within bounds. Refuses anything else (422)."""
        text = self.text(name)
        if not text:
            return default
        if not (text.isascii() and text.isdigit() and len(text) < 16 and low <= int(text) <= high):
            raise Refusal(422, f"invalid_{name}", f"{name}={text}; send a whole number from {low} to {high}")
        return int(text)
