"""The driver starts and ends its parts in order, also when a run is aborted or cannot begin."""

from pathlib import Path

import msgspec
import pytest

from stockstorm.loadtests.config.run_options import RunOptions
from stockstorm.loadtests.config.run_spec import make_spec
from stockstorm.loadtests.config.spec import RunSpec
from stockstorm.loadtests.generator import driver as driver_module
from stockstorm.loadtests.generator import simulated_shopify
from stockstorm.loadtests.generator.driver import Driver
from stockstorm.loadtests.generator.figures import LocustStatistics
from stockstorm.loadtests.ipc.messages import AnyMessage, Go, Setup, Step
from stockstorm.loadtests.limits import API_CLOSE_WITHIN_S
from stockstorm.simulator.api.http_server import Connections
from stockstorm.simulator.errors import LimitError
from stockstorm.simulator.history import facts as f
from stockstorm.simulator.history.facts import AnyFact
from stockstorm.simulator.io import journal as journal_module
from tests.stored_history import text_of

SETUP = Setup(msgspec.Raw(b"{}"), admin_token="a", client_secret="b", channel_token="c", channel_secret="d")


class Server:
    """Stands for the HTTP server."""

    server_port = 7
    connections = Connections()

    def __init__(self) -> None:
        self.calls: list[str] = []

    def start(self) -> None:
        self.calls.append("start")

    def stop(self, timeout: float) -> None:
        self.calls.append(f"stop {timeout}")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    made = Server()
    monkeypatch.setattr(simulated_shopify, "make_server", lambda _host, _port, _handle: made)
    monkeypatch.setattr(driver_module, "connections_allowed", lambda: 10)
    monkeypatch.setattr(driver_module, "keep_pauses_short", lambda: None)
    return made


@pytest.fixture
def spec(tmp_path: Path) -> RunSpec:
    made = make_spec(RunOptions(scenario="smoke", runs=tmp_path))
    Path(made.folder).mkdir(parents=True, exist_ok=True)
    return made


def driver_of(spec: RunSpec, sent: list[AnyMessage]) -> Driver:
    return Driver(SETUP, spec, sent.append, LocustStatistics(lambda **_: None), lambda _: None)


def history_of(spec: RunSpec) -> list[AnyFact]:
    return [msgspec.json.decode(line, type=AnyFact) for line in text_of(spec.history_path).splitlines()]


def test_an_aborted_run_has_a_history_from_its_opening_to_its_final_facts(server: Server, spec: RunSpec) -> None:
    sent: list[AnyMessage] = []
    started: list[bool] = []
    driver = driver_of(spec, sent)
    assert driver.listen() == 7
    driver.stop("stopped from Locust")
    assert not driver.conduct(Go(notes=("a note",)), lambda: started.append(True))
    assert driver.state.reason == "stopped from Locust"
    assert started == [True]
    assert sent == [Step("load")]
    assert server.calls == ["start", f"stop {API_CLOSE_WITHIN_S}"]
    history = history_of(spec)
    (run,) = (fact for fact in history if isinstance(fact, f.RunStarted))
    assert (run.seed, run.notes, run.driver) == (1, ("a note",), "live")
    kinds = [type(fact) for fact in history]
    wanted = [f.RunStarted, f.ProcessSeen, f.LoadStopped, f.QuietReached]
    assert [kind for kind in kinds if kind in wanted] == wanted
    assert kinds.index(f.RunStarted) > 0, "the opening stock comes first"
    assert kinds.index(f.QuietReached) < len(kinds) - 1, "the final facts come last"
    assert spec.plan_path.stat().st_size > 0


def test_a_run_that_cannot_begin_leaves_only_its_opening(server: Server, spec: RunSpec) -> None:
    driver = driver_of(spec, [])
    driver.listen()
    driver.discard()
    assert server.calls == ["start", f"stop {API_CLOSE_WITHIN_S}"]
    assert f.RunStarted not in {type(fact) for fact in history_of(spec)}


def test_the_port_is_freed_when_the_history_cannot_be_opened(
    server: Server, spec: RunSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(journal_module, "_continued", full)
    with pytest.raises(LimitError, match="No space left on device"):
        driver_of(spec, [])
    assert server.calls == [f"stop {API_CLOSE_WITHIN_S}"]
