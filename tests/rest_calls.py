"""A client of the simulated REST Admin API on a small world."""

from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec

from stockstorm.simulator.api.admin.base.call import AdminState
from stockstorm.simulator.api.exchange import ApiReply, ApiRequest
from stockstorm.simulator.api.faults.injection import NONE, Injection
from stockstorm.simulator.api.rest import RestApi
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history.facts import ApiCalled, Fact
from stockstorm.simulator.world import World
from tests.admin_calls import START_NS, TOKEN, WALL
from tests.small_world import small_config, small_world

HOST = "127.0.0.1:9400"
F = TypeVar("F", bound=Fact)


class Rest:
    """A client of one API. `tick_ns` passes before each call. `reply` is the last answer."""

    def __init__(self, world: World | None = None, plan: str = "plus") -> None:
        config = small_config()
        shop = config.shop.model_copy(update={"plan": plan})
        self.world = world or small_world()
        self.world.opening(START_NS)
        self.now_ns, self.tick_ns = START_NS, SECOND_NS
        config = config.model_copy(update={"shop": shop})
        self.api = RestApi(self.world, config, WALL, AdminState(self.world.catalogue))
        self.world.app.tokens.add(TOKEN)
        self.injection: Injection = NONE
        self.token, self.content_type = TOKEN, "application/json"
        self.reply = ApiReply(0, (), b"", [], [])

    def send(self, method: str, path: str, body: object = None, /, **query: object) -> Any:
        """The decoded body of the answer. `path` is the part after "/admin/api/2026-10/", or a whole path."""
        self.now_ns += self.tick_ns
        whole = path if path.startswith("/") else f"/admin/api/2026-10/{path}.json"
        given = b"" if body is None else body if isinstance(body, bytes) else msgspec.json.encode(body)
        headers = {"x-shopify-access-token": self.token, "host": HOST, "content-type": self.content_type}
        request = ApiRequest(method, whole, urlencode(query), headers, given)
        self.reply = self.api.handle(request, self.now_ns, self.injection)
        return msgspec.json.decode(self.reply.body) if self.reply.body else None

    def get(self, path: str, /, **query: object) -> Any:
        """The body of an answer of 200."""
        found = self.send("GET", path, **query)
        assert self.reply.status == 200, found
        return found

    def post(self, path: str, body: object = None, /, **query: object) -> Any:
        return self.send("POST", path, body, **query)

    def follow(self, rel: str) -> Any:
        """The body of the page that the last answer links to."""
        target = self.links[rel]
        path, _, query = target.removeprefix(f"http://{HOST}").partition("?")
        self.now_ns += self.tick_ns
        headers = {"x-shopify-access-token": TOKEN, "host": HOST}
        self.reply = self.api.handle(ApiRequest("GET", path, query, headers, b""), self.now_ns)
        assert self.reply.status == 200, self.reply.body
        return msgspec.json.decode(self.reply.body)

    @property
    def links(self) -> dict[str, str]:
        """The address of each neighbouring page by its `rel`."""
        text = dict(self.reply.headers).get("Link", "")
        parts = [part.strip().partition(">; rel=") for part in text.split(",") if part]
        return {rel.strip('"'): address.removeprefix("<") for address, _, rel in parts}

    @property
    def header(self) -> dict[str, str]:
        return dict(self.reply.headers)

    def facts(self, kind: type[F]) -> list[F]:
        """Facts of the last answer."""
        return [fact for fact in self.reply.facts if isinstance(fact, kind)]

    @property
    def called(self) -> ApiCalled:
        (called,) = self.facts(ApiCalled)
        return called
