"""`stockstorm doctor` visits services that share no code with ours: a sound one, and ones with a mistake each."""

import json
from pathlib import Path
from typing import Any

import pytest

from stockstorm.loadtests.processes.child import free_port
from tests.running import run_module

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
SWEEP = Path("tests/strangers/sweep/subject.toml")
ROOT = Path(__file__).parents[2]


def visited(subject: str) -> tuple[int, dict[str, Any], str]:
    done = run_module("stockstorm", ["doctor", subject, "--json"], {}, within_s=120)
    found = json.loads(done.stdout)["findings"] if done.stdout else []
    return done.returncode, {one["name"]: one for one in found}, done.stderr


def of_sweep(folder: Path, module: str) -> str:
    """The same service, started as another module of it."""
    text = (ROOT / SWEEP).read_text().replace("tests.strangers.sweep.service", f"tests.strangers.sweep.{module}")
    path = folder / "subject.toml"
    path.write_text(text.replace('folder = "../../.."', f'folder = "{ROOT}"'))
    return str(path)


def test_a_sound_service_is_ready() -> None:
    code, found, errors = visited(str(SWEEP))
    assert code == 0, (found, errors)
    assert {one["mark"] for one in found.values()} <= {"good", "note"}
    assert "productVariants" in found["calls of the APIs"]["found"]


def test_a_service_that_checks_signatures_on_orders_alone_is_named_with_the_topic(tmp_path: Path) -> None:
    code, found, errors = visited(of_sweep(tmp_path, "bugs.signature_on_orders_only"))
    assert code == 1, (found, errors)
    assert "inventory_levels/update" in found["webhooks without a signature"]["found"]


def test_a_service_that_is_not_there_is_unreachable_and_says_so_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOCKSTORM_CLIENT_SECRET", "secret of a test")
    code, found, errors = visited(f"http://127.0.0.1:{free_port('127.0.0.1')}/webhooks")
    assert code == 5
    assert found["reachable"]["mark"] == "bad"
    assert "Traceback" not in errors


def test_a_certificate_of_ones_own_authority_counts_for_every_delivery_of_the_visit(tmp_path: Path) -> None:
    path = tmp_path / "subject.toml"
    path.write_text(f"""
webhooks = "https://localhost:${{port}}/webhooks"
ca = "{ROOT}/tests/contract/localhost.pem"
level = "acknowledgement"
[environment]
PORT = "${{port}}"
[life]
folder = "{ROOT}"
start = "python -m tests.strangers.broken.service https"
""")
    _, found, errors = visited(str(path))
    assert found["genuine webhooks"]["mark"] == "good", (found, errors)
