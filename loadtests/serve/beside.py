"""A service of the user's own beside a served shop: both started, both addresses known, both ended.

`stockstorm doctor` looks at a service so, and the pytest plugin has one for a whole test session.
"""

import secrets
import time
from collections.abc import Callable, Collection
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final

from stockstorm.loadtests.serve.client import ServedChild, ShopClient, own_environment
from stockstorm.loadtests.serve.told import Heard, ToldShop
from stockstorm.loadtests.subjects import SHOP_TOPICS, Surroundings
from stockstorm.loadtests.subjects.own.file import SubjectFile
from stockstorm.loadtests.subjects.own.subject import OwnSubject
from stockstorm.scenarios.loader import load
from stockstorm.simulator.model import APP_TOPICS, ONLINE

SCENARIO: Final = "smoke"
SETTLE_S: Final = 1.5  # without a new registration, after which none is expected
POLL_S: Final = 0.05

Step = Callable[[str], None]


class Beside:
    """For as long as a block lasts. `folder` gets the logs. Secrets that the environment does not have are drawn.

    Raises SubjectError when the service cannot be started or reached, BackingError when the shop cannot.
    """

    subject: OwnSubject
    around: Surroundings
    api: str  # base URL of the APIs
    page: str
    client: ShopClient

    def __init__(
        self,
        file: SubjectFile,
        folder: Path,
        scenario: str = SCENARIO,
        show: Step = lambda _step: None,
        allow_hosts: Collection[str] = (),
    ) -> None:
        self._file, self._folder, self._scenario, self._show = file, folder, scenario, show
        self._allow_hosts = allow_hosts
        self._open = ExitStack()

    def __enter__(self) -> "Beside":
        names = self._file.secrets.by_role()
        environment = own_environment(names, {role: secrets.token_hex(16) for role in names})
        self._folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            self._show("starting the shop")
            port = self._file.api_port
            served = ServedChild(self._folder, self._scenario, environment, api_port=port, flags=self._flags())
            stack.enter_context(served)
            self.api, self.page, self.client = served.api, served.page, served.client
            self.around = surroundings(served.api, self._scenario, environment, self._file)
            self.subject = OwnSubject(self._file, self._folder, self._folder / "service")
            stack.callback(self.subject.stop)
            self._show("starting your service")
            self.subject.start(self.around)
            self._open = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def _flags(self) -> list[str]:
        """What the shop has to know of the service: its app's version, its authority, and whom it may send to."""
        named = {"--api-version": self._file.api_version or "", "--ca": self._file.ca}
        flags = [word for flag, value in named.items() if value for word in (flag, value)]
        return flags + [word for host in self._allow_hosts for word in ("--allow-host", host)]

    def settled(self) -> tuple[Heard, ...]:
        """The service's own subscriptions, once nothing was added for a while."""
        found: ToldShop = self.client.shop()
        quiet_from = time.monotonic()
        while time.monotonic() < quiet_from + SETTLE_S:
            time.sleep(POLL_S)
            now = self.client.shop()
            if now.subscriptions != found.subscriptions:
                found, quiet_from = now, time.monotonic()
        return tuple(one for one in found.subscriptions if one.by_api)

    def declare(self) -> None:
        """Subscribes the service as in a run: each topic of its file at its address, or what nobody subscribed to.

        Marketplaces deliver where they were told.
        """
        receiving = self.subject.receiving
        for topic, uri in receiving.topic_uris.items():
            self.client.declare(uri, [topic], missing_only=False)
        if receiving.uri:
            self.client.declare(receiving.uri, (*SHOP_TOPICS, *APP_TOPICS))
        else:
            self.client.declare(receiving.app_uri, APP_TOPICS, missing_only=False)


def surroundings(api: str, scenario_name: str, environment: dict[str, str], file: SubjectFile) -> Surroundings:
    """What the service is told of the shop whose APIs are at this base URL."""
    scenario = load(scenario_name)
    version = file.api_version or scenario.shop.api_version
    return Surroundings(
        database_url="",
        admin_api_url=f"{api}/admin/api/{version}/graphql.json",
        token_url=f"{api}/admin/oauth/access_token",
        channels_url=f"{api}/marketplaces",
        shop_domain=scenario.shop.domain,
        channels=tuple(channel.name for channel in scenario.channels if channel.name != ONLINE),
        safety_stock=file.safety_stock or 0,
        admin_token=environment["STOCKSTORM_ADMIN_TOKEN"],
        client_secret=environment["STOCKSTORM_CLIENT_SECRET"],
        channel_token=environment["STOCKSTORM_CHANNEL_TOKEN"],
        channel_secret=environment["STOCKSTORM_CHANNEL_SECRET"],
    )
