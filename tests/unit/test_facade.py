"""`import stockstorm`: a small typed API that is loaded on first use."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import stockstorm
from stockstorm.reports.store import RunFolder
from stockstorm.simulator.errors import HistoryError, ScenarioError
from stockstorm.simulator.history import facts as f
from tests.stored_history import sealed
from tests.unit.reports.synthetic import flash_sale

FOLDER = Path(stockstorm.__file__).parent


def test_the_stub_and_the_module_have_the_same_names() -> None:
    stub = ast.parse((FOLDER / "__init__.pyi").read_text(encoding="utf-8"))
    named = next(node.value for node in stub.body if isinstance(node, ast.Assign))
    assert ast.literal_eval(named) == stockstorm.__all__
    assert all(getattr(stockstorm, name) is not None for name in stockstorm.__all__)
    with pytest.raises(AttributeError, match="'stockstorm' has no attribute 'play'"):
        getattr(stockstorm, "play")  # noqa: B009 - the type checker knows that it is not there


def test_importing_it_imports_nothing_else_and_using_it_patches_nothing() -> None:
    code = (
        "import sys, stockstorm\n"
        "loaded = [name for name in sys.modules if name.startswith('stockstorm.')]\n"
        "stockstorm.run\n"
        "from gevent import monkey\n"
        "print(loaded, 'locust' in sys.modules, monkey.is_module_patched('socket'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] False False"


def test_a_stored_run_is_judged_and_read_without_writing(tmp_path: Path) -> None:
    RunFolder(tmp_path).history.write_bytes(sealed(flash_sale()))
    assert stockstorm.judge(tmp_path).verdict in ("valid", "invalid", "unknown")
    assert len(stockstorm.read_history(str(tmp_path)).all(f.RunStarted)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["history.jsonl.zst"]
    with pytest.raises(HistoryError):
        stockstorm.judge(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"sed": 7}, '--sed: there is no such option\n  → did you mean "seed"?'),
        ({"seed": "seven"}, "--seed: input should be a valid integer"),
        ({"seed": -1, "subject": "pollling"}, "2 problems"),
    ],
)
def test_wrong_options_are_refused_as_on_the_command_line(options: dict[str, Any], found: str, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        stockstorm.run("smoke", runs=tmp_path / "runs", **options)
    assert found in str(caught.value)
    assert not (tmp_path / "runs").exists()


def test_a_subject_is_named_by_word_path_or_option_and_checked_alike(tmp_path: Path) -> None:
    file = tmp_path / "subject.toml"
    file.write_text('webhooks = "nowhere"\n')
    asked: list[tuple[tuple[str | Path, ...], dict[str, Any]]] = [
        ((file,), {}),
        ((str(file),), {}),
        ((), {"subject": str(file)}),
    ]
    found = set()
    for words, options in asked:
        with pytest.raises(ScenarioError) as caught:
            stockstorm.run("smoke", *words, runs=tmp_path / "runs", **options)
        found.add(str(caught.value))
    assert len(found) == 1
    assert "webhooks" in found.pop()
    with pytest.raises(ScenarioError, match="this is no subject file"):
        stockstorm.run("smoke", Path(sys.executable))
    assert not (tmp_path / "runs").exists()
