"""The JSON Schema for editors is current and describes the files as their authors write them."""

import json
import runpy
import tomllib
from pathlib import Path

import pytest

from stockstorm.reports import checkers
from stockstorm.reports.checkers import MEANINGS
from stockstorm.scenarios import schema as module
from stockstorm.scenarios.loader import CATALOGUE, shipped_names
from stockstorm.scenarios.schema import PATH, schema, schema_text


def test_the_schema_file_is_current() -> None:
    assert PATH.read_text(encoding="utf-8") == schema_text(MEANINGS), "write it with: make schema"


def test_the_module_writes_the_schema(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path_factory.mktemp("schema") / "scenario.schema.json"
    monkeypatch.setattr(module, "PATH", path)
    runpy.run_path(str(Path(checkers.__file__).with_name("__main__.py")))
    assert path.read_text(encoding="utf-8") == schema_text(MEANINGS)


def test_editors_are_offered_every_measure() -> None:
    offered = json.loads(PATH.read_text(encoding="utf-8"))["properties"]["expect"]
    assert {name: part["description"] for name, part in offered["properties"].items()} == MEANINGS
    assert offered["additionalProperties"] is False


def test_a_file_need_not_repeat_its_name() -> None:
    assert schema()["required"] == ["channels", "phases", "title", "shows"]


@pytest.mark.parametrize("name", shipped_names())
def test_shipped_files_name_the_schema_and_use_only_its_keys(name: str) -> None:
    text = (CATALOGUE / f"{name}.toml").read_text(encoding="utf-8")
    assert text.startswith("#:schema scenario.schema.json\n")
    assert set(tomllib.loads(text)) <= set(schema()["properties"])
