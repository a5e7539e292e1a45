"""The pytest plugin as its user has it: what it costs, when it skips, what it says, and what it asks of the shop."""

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import ClassVar

import pytest

from stockstorm import testing
from stockstorm.loadtests.serve.commands import Command
from stockstorm.loadtests.serve.told import Heard, Told, ToldCall, ToldShop
from stockstorm.simulator.errors import StockstormError, SubjectError

pytest_plugins = ["pytester"]
SWEEP = Path(__file__).parents[1] / "strangers/sweep/subject.toml"
INSTALLED = any(entry.name == "stockstorm" for entry in entry_points(group="pytest11"))
LOADED = ("-p", "no:asyncio", "-p", "stockstorm" if INSTALLED else "stockstorm.pytest_plugin")

USES = """
def test_shop(shop): assert shop.page
def test_deliver(deliver): deliver("orders/create")
def test_history(history): history("smoke")
def test_none_of_them(): pass
"""


def test_loading_it_imports_nothing_else_of_stockstorm() -> None:
    code = (
        "import sys, stockstorm.pytest_plugin\n"
        "print([name for name in sys.modules if name.startswith('stockstorm.')], "
        "[name for name in ('gevent', 'locust', 'msgspec', 'pydantic') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['stockstorm.pytest_plugin'] []"


def test_without_a_subject_its_tests_skip_and_say_why(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(USES)
    done = pytester.runpytest(*LOADED, "-rs")
    assert done.parseoutcomes() == {"passed": 1, "skipped": 3}
    done.stdout.fnmatch_lines(["*needs a service: pytest --stockstorm subject.toml*"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--stockstorm", "nowhere.toml"], "*nowhere.toml: there is no such file*"),
        ([f"--stockstorm={SWEEP}", "--stockstorm-scenario", "smok"], "*did you mean*smoke*"),
    ],
)
def test_a_wrong_word_is_one_message_without_a_traceback(
    pytester: pytest.Pytester, words: list[str], said: str
) -> None:
    pytester.makepyfile("def test_shop(shop): pass")
    done = pytester.runpytest(*LOADED, *words)
    assert done.parseoutcomes() == {"errors": 1}
    done.stdout.fnmatch_lines([said])
    assert "stockstorm/testing.py" not in done.stdout.str()
    assert "another exception occurred" not in done.stdout.str()


def test_a_fixture_of_the_project_hides_the_short_name_alone(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("import pytest\n@pytest.fixture\ndef shop(): return 'mine'")
    pytester.makepyfile(
        "def test_both(shop, deliver, stockstorm_shop):\n"
        "    assert shop == 'mine'\n"
        "    assert deliver == stockstorm_shop.deliver\n"
    )
    assert pytester.runpytest(*LOADED, f"--stockstorm={SWEEP}").parseoutcomes() == {"passed": 1}


# -- what it asks of the shop -----------------------------------------------------------------------------------------

CALL = ToldCall("admin", "productVariants", 200, "ok", "")
HEARD = Heard("shopify", "orders/create", "http://127.0.0.1/w", by_api=True)


class FakeBeside:
    """Stands for shop and service, and notes what happened to them."""

    api, page = "http://api", "http://page/"
    log: ClassVar[list[str]] = []  # of all of them
    commands: ClassVar[list[Command]] = []

    def __init__(self, _file: object, folder: Path, scenario: str, allow_hosts: object) -> None:
        self.name = f"{scenario} {folder.name}"
        self.client = self

    def __enter__(self) -> "FakeBeside":
        self.log.append(f"start {self.name}")
        return self

    def __exit__(self, *_: object) -> None:
        self.log.append(f"end {self.name}")

    def settled(self) -> None:
        self.log.append("settled")

    def declare(self) -> None:
        self.log.append("declared")

    def shop(self) -> ToldShop:
        return ToldShop((CALL,), (HEARD,), ("bazaar",), ())

    def trigger(self, command: Command, _within_s: float) -> list[Told]:
        self.commands.append(command)
        return [Told(command.topic, "w", command.forge, "u", "h", "{}", ((503, "503", ""), (200, "200", "")), "")]


@pytest.fixture
def besides(monkeypatch: pytest.MonkeyPatch) -> type[FakeBeside]:
    monkeypatch.setattr(testing, "Beside", FakeBeside)
    FakeBeside.log.clear()
    FakeBeside.commands.clear()
    return FakeBeside


def test_shop_and_service_start_on_first_use_and_once(besides: type[FakeBeside], tmp_path: Path) -> None:
    shop = testing.Shop(SWEEP, tmp_path)
    assert besides.log == []
    assert (shop.api_url, shop.page, shop.calls(), shop.subscriptions()) == (
        "http://api", "http://page/", (CALL,), (HEARD,),
    )  # fmt: skip
    shop.close()
    shop.close()
    assert besides.log == ["start smoke 1", "settled", "declared", "end smoke 1"]


def test_a_delivery_is_the_command_that_it_says(besides: type[FakeBeside], tmp_path: Path) -> None:
    shop = testing.Shop(SWEEP, tmp_path)
    (one,) = shop.deliver("orders/create", sku="SKU-00002", units=3, duplicate=True, late_s=0.5)
    assert (one.taken, one.statuses, one.topic) == (True, (503, 200), "orders/create")
    shop.deliver("orders/create", forge=True)
    shop.deliver("order.created", channel="bazaar", forge="unsigned")
    shop.deliver("orders/create", data={"id": 1})
    shop.deliver("orders/create", data=b'{"id":2}')
    assert besides.commands == [
        Command(topic="orders/create", sku="SKU-00002", units=3, duplicate=True, late_s=0.5),
        Command(topic="orders/create", forge="tampered"),
        Command(topic="order.created", channel="bazaar", forge="unsigned"),
        Command(topic="orders/create", data='{"id": 1}'),
        Command(topic="orders/create", data='{"id":2}'),
    ]


def test_a_run_has_the_service_to_itself(
    besides: type[FakeBeside], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ran:
        run = "the-run"

    def ran(scenario: str, subject: str, **options: object) -> Ran:
        besides.log.append(f"run {scenario} {Path(subject).parent.name} {options}")
        return Ran()

    monkeypatch.setattr(testing, "run", ran)
    monkeypatch.setattr(testing, "read_history", lambda path: path)
    shop = testing.Shop(SWEEP, tmp_path)
    shop.deliver("orders/create")
    history, result = shop.play("proof", seed=3, runs=tmp_path, rate=50.0)
    assert str(history) == str(tmp_path / "the-run")
    assert result.run == "the-run"
    shop.deliver("orders/create")
    expected = f"run proof sweep {{'seed': 3, 'runs': {tmp_path!r}, 'rate': 50.0}}"
    assert [line for line in besides.log if line not in ("settled", "declared")] == [
        "start smoke 1", "end smoke 1", expected, "start smoke 2",
    ]  # fmt: skip


def test_a_service_that_does_not_start_is_waited_for_once(
    besides: type[FakeBeside], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def declare(_: FakeBeside) -> None:
        raise SubjectError("mine", "it was not ready after 30 s", "read its log")

    monkeypatch.setattr(besides, "declare", declare)
    shop = testing.Shop(SWEEP, tmp_path)
    for _ in range(2):
        with pytest.raises(SubjectError, match="not ready"):
            shop.deliver("orders/create")
    assert besides.log == ["start smoke 1", "settled", "end smoke 1"]
    monkeypatch.undo()
    monkeypatch.setattr(testing, "Beside", FakeBeside)
    shop.close()
    assert shop.deliver("orders/create")


def test_a_running_service_that_cannot_know_its_secrets_is_told_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "subject.toml"
    file.write_text('webhooks = "http://127.0.0.1:1/webhooks"\napi_port = 9400\n')
    for name in ("CLIENT_SECRET", "ADMIN_TOKEN", "CHANNEL_TOKEN", "CHANNEL_SECRET"):
        monkeypatch.delenv(f"STOCKSTORM_{name}", raising=False)
    with pytest.raises(StockstormError, match="STOCKSTORM_CLIENT_SECRET"):
        testing.Shop(file, tmp_path).deliver("orders/create")


def test_another_machine_is_sent_nothing_unless_it_is_allowed_by_name(pytester: pytest.Pytester) -> None:
    pytester.makefile(".toml", subject='webhooks = "http://192.0.2.7/webhooks"\napi_port = 9400\n')
    pytester.makepyfile("def test_shop(stockstorm_shop): assert stockstorm_shop.subject")
    done = pytester.runpytest(*LOADED, "--stockstorm=subject.toml")
    assert done.parseoutcomes() == {"errors": 1}
    done.stdout.fnmatch_lines(["*192.0.2.7*is not on this machine*", "*--stockstorm-allow-host 192.0.2.7*"])
    allowed = pytester.runpytest(*LOADED, "--stockstorm=subject.toml", "--stockstorm-allow-host=192.0.2.7")
    assert allowed.parseoutcomes() == {"passed": 1}  # nothing starts before it is used


def test_what_was_allowed_holds_for_shop_and_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "subject.toml"
    file.write_text('webhooks = "http://192.0.2.7/webhooks"\napi_port = 9400\n')
    asked: list[object] = []

    def run(*_: object, **options: object) -> None:
        asked.append(options["allow_hosts"])
        raise SubjectError("x", "y", "z")

    monkeypatch.setattr(testing, "run", run)
    with pytest.raises(SubjectError):
        testing.Shop(file, tmp_path, allow_hosts=["192.0.2.7"]).play("smoke")
    assert asked == [("192.0.2.7",)]
