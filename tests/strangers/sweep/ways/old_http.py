"""The same sweep, which speaks HTTP/1.0 to whoever calls it, and closes its own connection after each call."""

from tests.strangers.sweep.calls import Shop, Site
from tests.strangers.sweep.service import Door, serve


class OldDoor(Door):
    protocol_version = "HTTP/1.0"


class Closing(Site):
    def _once(self, method: str, path: str, body: str | None) -> tuple[int, bytes, float]:
        try:
            return super()._once(method, path, body)
        finally:
            self._connection.close()


class OldShop(Shop):
    def __init__(self, url: str, token: str) -> None:
        super().__init__(url, token)
        self._site = Closing(url, self._site.headers)


if __name__ == "__main__":
    serve(door=OldDoor, shop=OldShop)
