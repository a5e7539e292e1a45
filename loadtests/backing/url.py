"""`--postgres postgresql://…`: a database of its own for each run on a server that runs already, dropped afterwards."""

import re
import secrets
from typing import Self

from loadtests.backing.server import create_database, describe, drop_database, place, with_database


class UrlPostgres:
    """Creates `stockstorm_<run>_<random>` with the rights of the URL's user, who needs CREATEDB."""

    def __init__(self, url: str, run: str) -> None:
        self._server = url
        # The random end keeps runs apart that two machines began in the same second on one server.
        self._name = f"stockstorm_{re.sub(r'[^a-z0-9]+', '_', run.lower())[:40]}_{secrets.token_hex(3)}"
        self.url = with_database(url, self._name)
        self.description = ""

    def __enter__(self) -> Self:
        self.description = f"{describe(self._server)}, at {place(self._server)}"
        create_database(self._server, self._name)
        return self

    def __exit__(self, *_: object) -> None:
        drop_database(self._server, self._name)

    def processes(self) -> list[int]:
        """None: the server is not ours, and may be elsewhere."""
        return []
