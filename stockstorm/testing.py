"""For tests of one's own: a shop beside a service, deliveries on request, and whole runs. The pytest plugin uses it.

Nothing of it needs pytest. `docs/pytest.md` shows it with the plugin's fixtures.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

from stockstorm.api import History, Result, read_history, run
from stockstorm.loadtests.config.flag import require
from stockstorm.loadtests.config.own_checks import host_problems, own_problems
from stockstorm.loadtests.serve.beside import SCENARIO, Beside
from stockstorm.loadtests.serve.client import REQUEST_WITHIN_S
from stockstorm.loadtests.serve.commands import Command
from stockstorm.loadtests.serve.told import Heard
from stockstorm.loadtests.serve.told import Told as Delivery
from stockstorm.loadtests.serve.told import ToldCall as Call
from stockstorm.loadtests.subjects.own.reading import read_subject_file
from stockstorm.scenarios.loader import load
from stockstorm.simulator.errors import StockstormError

__all__ = ["Call", "Delivery", "Heard", "Played", "Shop"]

FORGED: Final = "tampered"  # the kind of `forge=True`
RUNS: Final = Path("runs")
SENT: Final = "the webhooks of your tests"


class Played(NamedTuple):
    """A run: every recorded fact, and the judgement."""

    history: History
    result: Result


class Shop:
    """A served shop beside the service of a subject file. Both start on first use and run until `close`.

    Errors are of the kinds of `stockstorm.StockstormError`, whose text says what to do.
    """

    def __init__(
        self, subject: str | Path, folder: Path, scenario: str = SCENARIO, allow_hosts: Sequence[str] = ()
    ) -> None:
        """`folder` gets the logs, one folder for each start. `allow_hosts`: other machines that may be sent to.

        Raises ScenarioError for a file with problems, and for a service on a machine that is not allowed.
        """
        self.subject = str(subject)
        self._file = read_subject_file(self.subject)
        require(host_problems(self._file, allow_hosts, SENT, "--stockstorm-allow-host"))
        self._allow_hosts = tuple(allow_hosts)
        load(scenario)  # a wrong name is told before anything starts
        self._folder, self._scenario = folder, scenario
        self._starts = 0
        self._running: Beside | None = None
        self._failed: StockstormError | None = None

    def close(self) -> None:
        """Ends service and shop. The next use starts both anew."""
        running, self._running, self._failed = self._running, None, None
        if running is not None:
            running.__exit__(None, None, None)

    @property
    def logs(self) -> Path:
        """Folder with the output of the present service and shop."""
        return self._folder / str(self._starts)

    @property
    def api_url(self) -> str:
        """Base URL of the Admin API and of the marketplaces."""
        return self._beside.api

    @property
    def graphql_url(self) -> str:
        """The Admin API's GraphQL endpoint."""
        return self._beside.around.admin_api_url

    @property
    def admin_token(self) -> str:
        """What the service's calls carry in X-Shopify-Access-Token."""
        return self._beside.around.admin_token

    @property
    def domain(self) -> str:
        return self._beside.around.shop_domain

    @property
    def page(self) -> str:
        """The shop's page, for people: stock, deliveries, calls."""
        return self._beside.page

    def calls(self) -> tuple[Call, ...]:
        """The newest calls of the service, oldest first."""
        return self._beside.client.shop().calls

    def subscriptions(self) -> tuple[Heard, ...]:
        """Who is told of what. `by_api`: the service subscribed by itself."""
        return self._beside.client.shop().subscriptions

    def deliver(
        self,
        topic: str,
        *,
        sku: str = "",
        units: int = 1,
        channel: str = "",
        order: int = -1,
        restock: bool = True,
        duplicate: bool = False,
        forge: bool | str = False,
        late_s: float = 0.0,
        data: str | bytes | Mapping[str, object] | None = None,
    ) -> list[Delivery]:
        """Makes it happen in the shop, and returns the deliveries that it led to, answered.

        They are those of `topic`, and those of its consequences, e.g. of the stock that a sale takes. `forge`: True, or
        a kind as of `stockstorm trigger --forge`. `data`: your own body, signed. Raises ScenarioError for what the shop
        does not know.
        """
        command = Command(
            topic=topic,
            channel=channel,
            sku=sku,
            units=units,
            order=order,
            restock=restock,
            forge=forge if isinstance(forge, str) else FORGED if forge else "",
            duplicate=duplicate,
            late_s=late_s,
            data=_text(data),
        )
        return self._beside.client.trigger(command, REQUEST_WITHIN_S + late_s)

    def play(self, scenario: str | Path, seed: int = 1, **options: object) -> Played:
        """Runs a scenario against the service. The shop and its service end before; the next use starts them anew.

        `options` are those of `stockstorm.run`. A run that could be judged at all gives a result, valid or not.
        """
        self.close()  # two copies of one service would share its port, its database or its files
        runs = Path(str(options.pop("runs", RUNS)))
        if self._allow_hosts:
            options.setdefault("allow_hosts", self._allow_hosts)
        result = run(scenario, self.subject, seed=seed, runs=runs, **options)
        return Played(read_history(runs / result.run), result)

    @property
    def _beside(self) -> Beside:
        if self._failed is not None:
            raise self._failed
        if self._running is None:
            try:
                self._running = self._started()
            except StockstormError as error:
                self._failed = error  # each test would wait as long for the same
                raise
        return self._running

    def _started(self) -> Beside:
        require(own_problems(self._file, self._file.api_port))
        self._starts += 1
        with ExitStack() as stack:
            beside = stack.enter_context(Beside(self._file, self.logs, self._scenario, allow_hosts=self._allow_hosts))
            beside.settled()
            beside.declare()
            stack.pop_all()
        return beside


def _text(data: str | bytes | Mapping[str, object] | None) -> str | None:
    if isinstance(data, bytes):
        return data.decode()
    return json.dumps(data) if isinstance(data, Mapping) else data
