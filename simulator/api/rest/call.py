"""One REST request while it is answered: what handlers read of it, and how they refuse it."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs

import msgspec

from stockstorm.simulator.api.admin.base.call import AdminOptions, AdminState, Call
from stockstorm.simulator.api.exchange import ApiRequest
from stockstorm.simulator.api.not_played import Kind
from stockstorm.simulator.api.rest.index import Index
from stockstorm.simulator.clock import SECOND_NS, WallPair
from stockstorm.simulator.errors import UNREADABLE_JSON
from stockstorm.simulator.events.payloads import Payloads
from stockstorm.simulator.limits import PAGE_MAX, REST_IDS_MAX, REST_PARAMETERS_MAX, STRANGERS_MAX
from stockstorm.simulator.versions import ApiVersion
from stockstorm.simulator.world import World

PAGE_DEFAULT: Final = 50
ID_DIGITS_MAX: Final = 19
NOT_FOUND: Final = "Not Found"
GUIDE: Final = "See https://shopify.dev/api/usage/pagination-rest for more information."
MISSING: Final = "Required parameter missing or invalid"
Body = dict[str, Any]
_NUMBER: Final = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_MEMBER: Final = re.compile(r"([^\[\]]+)\[([^\[\]]+)\](\[\])?")
T = TypeVar("T")


class Refused(Exception):
    """The call is not executed. `errors` is the value of "errors" in the answer."""

    def __init__(self, status: int, errors: object) -> None:
        self.status, self.errors = status, errors
        super().__init__(str(errors))


def required(name: str) -> Refused:
    """A parameter that is missing, or that nothing can be made of."""
    return Refused(400, {name: MISSING})


def form(body: bytes) -> Body:
    """The values of a form: `webhook[topic]=…` is the member `topic` of `webhook`. Raises Refused (400)."""
    try:
        values = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=REST_PARAMETERS_MAX)
    except ValueError:
        raise Refused(400, f"Bad Request: no form, or one of more than {REST_PARAMETERS_MAX} values") from None
    found: Body = {}
    for name, given in values.items():
        if (inner := _MEMBER.fullmatch(name)) is None:
            found[name] = given[-1]
        elif isinstance(members := found.setdefault(inner[1], {}), dict):
            members[inner[2]] = given if inner[3] else given[-1]
    return found


class RestCall(Call):
    """The context of one request. `ids` are the numbers in its path, in order."""

    def __init__(
        self,
        request: ApiRequest,
        parts: tuple[World, WallPair, AdminState, AdminOptions],
        payloads: Payloads,
        index: Index,
        *,
        serial: int,
        now_ns: int,
        version: ApiVersion,
    ) -> None:
        super().__init__(*parts, request=serial, now_ns=now_ns, version=version)
        self.http, self.payloads, self.index = request, payloads, index
        self.ids: tuple[int, ...] = ()
        self.resource_path, self.is_json = "", False  # "orders/1/refunds"; "" if no version or no path fits
        self.template = ""  # of the path: "orders/{id}/refunds"
        self.strangers: dict[str, None] = {}
        self.missing: list[str] = []  # texts on ids that a list left out
        self.links: list[str] = []
        self.parameters: Mapping[str, str] = {}
        self._given: Body | None = None

    # -- ids -------------------------------------------------------------------------------------------------------

    def found(self, kind: str, number: int, value: T | None) -> T:
        """The value. Raises Refused (404) for None, and remembers the id that the shop does not have."""
        if value is None:
            self.stranger(kind, number)
            raise Refused(404, NOT_FOUND)
        return value

    def stranger(self, kind: str, number: int) -> None:
        """The call names an id that the shop does not have."""
        if len(self.strangers) < STRANGERS_MAX:
            self.strangers[f"{kind}/{number}"] = None

    def nothing(self, name: str, kind: str, number: int) -> None:
        """A list leaves out an id that the shop does not have, as Shopify does."""
        self.stranger(kind, number)
        self.missing.append(f"{name}: nothing has this id")

    # -- the query -------------------------------------------------------------------------------------------------

    def read_parameters(self) -> None:
        """Read the query string: the last value of each name; `ids[]=1&ids[]=2` becomes `ids`, joined by commas.

        Raises Refused (400).
        """
        try:
            values = parse_qs(self.http.query, keep_blank_values=True, max_num_fields=REST_PARAMETERS_MAX)
        except ValueError:
            raise Refused(400, f"Bad Request: more than {REST_PARAMETERS_MAX} parameters") from None
        self.parameters = {
            name.removesuffix("[]"): ",".join(found) if name.endswith("[]") else found[-1]
            for name, found in values.items()
        }
        if "page" in self.parameters:  # of the time before page_info
            raise Refused(400, {"page": f"page cannot be passed. {GUIDE}"})

    def text(self, name: str) -> str:
        """A parameter of the query, empty if it is missing."""
        return self.parameters.get(name, "")

    def whole(self, name: str) -> int | None:
        """A whole number in the query. Raises Refused (400) for other text."""
        text = self.text(name)
        if not text:
            return None
        if not _NUMBER.fullmatch(text):
            raise Refused(400, {name: f"{name} must be a whole number"})
        return int(text)

    def id_list(self, name: str, most: int = REST_IDS_MAX) -> tuple[int, ...]:
        """Ids of the query, separated by commas. Raises Refused: 400 for other text, 422 for too many."""
        texts = [text.strip() for text in self.text(name).split(",") if text.strip()]
        if len(texts) > most:
            raise Refused(422, {name: [f"can have at most {most} ids"]})
        if not all(map(_NUMBER.fullmatch, texts)):
            raise Refused(400, {name: f"{name} must be a list of ids"})
        return tuple(dict.fromkeys(map(int, texts)))

    def limit(self) -> int:
        """The size of a page: 50 unless given, 250 at most. Shopify gives 250 where more is asked for."""
        given = self.whole("limit")
        if given is None:
            return PAGE_DEFAULT
        if given < 1:
            raise Refused(400, {"limit": "limit must be greater than 0"})
        return min(given, PAGE_MAX)

    def fields(self) -> frozenset[str]:
        """The wanted fields; all if empty."""
        return frozenset(name.strip() for name in self.text("fields").split(",") if name.strip())

    def moment(self, name: str) -> int | None:
        """A time of the query as monotonic nanoseconds of its second. Raises Refused (400) for other text."""
        text = self.text(name)
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text.replace(" ", "+"))  # "+" of an offset that the caller did not encode
            second = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
        except (ValueError, OverflowError):
            raise Refused(400, {name: f"{name} must be an ISO 8601 time"}) from None
        return second * SECOND_NS + self.wall.monotonic_ns - self.wall.wall_ns

    def without(self, *names: str) -> None:
        """Raises for a parameter that Shopify has and that is not played. An answer without it would be wrong."""
        for name in names:
            if self.text(name):
                raise self.unplayed_here("parameter", f"{name} of {self.template}")

    # -- the body --------------------------------------------------------------------------------------------------

    @property
    def given(self) -> Body:
        """The object that was sent, empty without a body. Raises Refused (400) for malformed JSON.

        As in Shopify, a body that is declared neither as JSON nor as a form is not read: its parameters are missing.
        """
        if self._given is None:
            declared = self.http.headers.get("content-type", "").partition(";")[0].strip().lower()
            match declared:
                case "application/json":
                    self._given = self._json()
                case "application/x-www-form-urlencoded":
                    self._given = form(self.http.body)
                case _:
                    self._given = {}
        return self._given

    def _json(self) -> Body:
        try:
            return msgspec.json.decode(self.http.body, type=Body) if self.http.body.strip() else {}
        except UNREADABLE_JSON as error:
            raise Refused(400, f"Bad Request: {error}") from None

    def resource(self, name: str) -> Body:
        """The object under `name` of the body. Raises Refused (400) if there is none."""
        found = self.given.get(name)
        if not isinstance(found, dict):
            raise required(name)
        return found

    def value(self, name: str) -> object:
        """A value of the body, or of the query, where libraries of Shopify put it too."""
        return self.given.get(name, self.parameters.get(name))

    def number(self, name: str) -> int:
        """A whole number of the body or the query. Raises Refused (400)."""
        found = self.value(name)
        if isinstance(found, str) and _NUMBER.fullmatch(found.strip()):
            found = int(found)
        if not isinstance(found, int) or isinstance(found, bool) or abs(found) >= 10**ID_DIGITS_MAX:
            raise required(name)
        return found

    # -- what is not played ----------------------------------------------------------------------------------------

    def unplayed_here(self, kind: Kind, what: str) -> Refused:
        """The answer to a call for what Shopify has and Stockstorm does not play."""
        return Refused(501, self.lacks(kind, what))
