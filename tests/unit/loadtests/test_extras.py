"""What an error says of an extra that is missing: its packages, and the command for this kind of installation."""

import sys
from pathlib import Path

import pytest

from stockstorm.loadtests import extras
from stockstorm.loadtests.extras import install, missing


@pytest.fixture
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment that nothing is known of."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    return tmp_path


def test_what_cannot_be_imported_is_missing_also_inside_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    packages = ("json", "no_such_package", "no_such_package.inside", "json.no_such_module")
    monkeypatch.setattr(extras, "PACKAGES", {"aws": packages})
    assert missing("aws") == list(packages[1:])


def test_by_default_pip_installs_all_of_them_at_once(prefix: Path) -> None:
    assert install("reference", "aws") == "pip install 'stockstorm[reference,aws]' (in a clone: make setup)"


def test_what_pipx_installed_is_extended_by_pipx(prefix: Path) -> None:
    (prefix / "pipx_metadata.json").touch()
    assert install("probe") == "pipx inject stockstorm 'stockstorm[probe]'"


@pytest.mark.parametrize(("pip", "tool"), [(False, "uv pip install --python "), (True, "pip install ")])
def test_what_uv_made_without_pip_is_extended_by_uv(
    pip: bool, tool: str, prefix: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (prefix / "pyvenv.cfg").write_text("home = /usr/bin\nuv = 0.9.1\n")
    monkeypatch.setattr(extras, "find_spec", lambda _: object() if pip else None)
    assert install("probe").startswith(tool)
    assert install("probe").partition(" 'stockstorm[probe]'")[0].endswith(str(prefix) if not pip else "install")
