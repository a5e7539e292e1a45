"""What a developer gets wrong about a served shop: ports, state files, and a page that is another program's."""

import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import gevent
import msgspec
import pytest

from stockstorm.loadtests.cli.app import app
from stockstorm.loadtests.invocation import exit_code_of, invoke
from stockstorm.loadtests.serve import server
from stockstorm.loadtests.serve.commands import UNITS_MAX, Command, problems
from stockstorm.loadtests.serve.page import Page
from stockstorm.loadtests.serve.state import VERSION, Done, Opened, StateFile
from stockstorm.loadtests.serve.told import Declaration
from stockstorm.scenarios.loader import load
from stockstorm.simulator.api.exchange import ApiReply, ApiRequest
from stockstorm.simulator.api.http_server import make_server
from stockstorm.simulator.catalogue import make_catalogue
from stockstorm.simulator.errors import ScenarioError
from stockstorm.simulator.model import Sku
from stockstorm.simulator.plan.items import PlannedProductEdit
from stockstorm.simulator.seeds import Seeds
from tests.contract.test_served_shop import HOST, served

OPENED = Opened(VERSION, "smoke", 1, 0, {})
EDIT = Done(1, PlannedProductEdit(0, 0, Sku("SKU-00001")))
A, B = "http://127.0.0.1:1/a", "http://127.0.0.1:1/b"


def stockstorm(*words: str) -> int:
    return exit_code_of(lambda: invoke(app, list(words)))


def kept(path: Path) -> int:
    """How many inputs the file holds."""
    state = StateFile(path, OPENED)
    state.close()
    return len(state.inputs)


def test_a_state_file_that_another_shop_has_open_is_refused(tmp_path: Path) -> None:
    first = StateFile(tmp_path / "shop.state", OPENED)
    with pytest.raises(ScenarioError, match="in use by another served shop"):
        StateFile(tmp_path / "shop.state", OPENED)
    first.close()
    assert kept(tmp_path / "shop.state") == 0


@pytest.mark.parametrize("cut", [1, 10])
def test_a_shop_that_was_killed_in_a_line_goes_on_after_the_line_before(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "shop.state"
    state = StateFile(path, OPENED)
    state.add(EDIT)
    state.add(EDIT)
    state.close()
    path.write_bytes(path.read_bytes()[:-cut])
    state = StateFile(path, OPENED)
    state.add(EDIT)
    state.close()
    assert kept(path) == 2


@pytest.mark.parametrize(("before", "heeds"), [(signal.SIG_IGN, False), (signal.SIG_DFL, True)])
def test_a_served_shop_outlives_its_terminal_under_nohup(before: signal.Handlers, heeds: bool) -> None:
    kept = signal.signal(signal.SIGHUP, before)
    try:
        assert (signal.SIGHUP in server.heeded()) == heeds
        assert {signal.SIGINT, signal.SIGTERM} <= set(server.heeded())
    finally:
        signal.signal(signal.SIGHUP, kept)


def test_a_port_that_is_taken_is_named_by_its_flag(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taken = socket.create_server(("127.0.0.1", 0))
    for flag in ("--port", "--page-port", "--https-port", "--proxy-port"):
        ports = dict.fromkeys(("--port", "--page-port", "--https-port", "--proxy-port"), "0")
        ports[flag] = str(taken.getsockname()[1])
        words = [word for pair in ports.items() for word in pair]
        assert stockstorm("serve", "--authority", str(tmp_path / "ca"), *words) == 6
        assert flag in capsys.readouterr().err
    taken.close()


@pytest.fixture
def another() -> Iterator[Callable[[int, bytes], str]]:
    """Starts a program that is no served shop, and gives its address."""
    servers = []

    def start(status: int, body: bytes) -> str:
        server = make_server("127.0.0.1", 0, lambda _: ApiReply(status, (), body, [], []))
        server.start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for started in servers:
        started.stop(0.0)


@pytest.mark.parametrize(
    ("status", "body"), [(401, b"no"), (404, b"{}"), (200, b"<html>"), (200, b"{}"), (200, b'{"deliveries":[1]}')]
)
def test_a_page_that_is_another_program_is_called_that(
    another: Callable[[int, bytes], str], status: int, body: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    address = another(status, body)
    code = gevent.get_hub().threadpool.apply(stockstorm, ("trigger", "orders/create", "--server", address))
    told = capsys.readouterr().err
    assert code == 5
    assert "prints as page" in told
    assert "Traceback" not in told


@pytest.mark.parametrize("flag", ["--to", "--server"])
@pytest.mark.parametrize("url", ["here", "http://", "http://127.0.0.1:port/", "http://127.0.0.1:0/x"])
def test_an_address_without_a_host_is_refused_by_its_flag(
    flag: str, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stockstorm("trigger", "orders/create", flag, url) == 4
    assert f"{flag}: {url!r} is no URL" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("topic", "units", "taken"),
    [
        ("orders/create", -5, False),
        ("order.returned", -1, False),
        ("orders/create", 0, False),
        ("inventory_levels/update", -5, True),
        ("inventory_levels/update", 0, False),
        ("orders/create", UNITS_MAX, True),
        ("orders/create", UNITS_MAX + 1, False),
    ],
)
def test_only_stock_can_be_taken_away(topic: str, units: int, taken: bool) -> None:
    scenario = load("smoke")
    found = problems(Command(topic=topic, units=units), ("online", "bazaar"), make_catalogue(scenario, Seeds(1)))
    assert [problem.key for problem in found] == ([] if taken else ["units"])


def test_topics_are_declared_each_at_its_address_and_marketplaces_only_without_topics() -> None:
    shop = served()
    page = Page(shop, "", frozenset({HOST}))
    headers = {"host": HOST, "x-stockstorm": "1"}
    first, second = Declaration(A, ("orders/create",)), Declaration(B, ("orders/create", "orders/paid"))
    for wanted in (first, second):
        assert page.handle(ApiRequest("POST", "/api/declare", "", headers, msgspec.json.encode(wanted))).status == 200
    heard = {(one.source, one.topic): one.uri for one in shop.world.subscriptions("shopify")}
    assert heard == {("shopify", "orders/create"): A, ("shopify", "orders/paid"): B}
    assert not list(shop.world.subscriptions("bazaar"))
    shop.stop()
