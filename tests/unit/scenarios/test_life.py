"""Relations of [[life]] and [app]: what cannot happen is refused, with key and remedy."""

from typing import Any

import pytest

from stockstorm.scenarios.loader import load, validated
from stockstorm.scenarios.spec import Scenario, life_notes, rotates
from stockstorm.simulator.config import LIFE

BASE: dict[str, Any] = {
    "name": "x",
    "title": "x",
    "shows": "x",
    "channels": [{"name": "online"}],
    "phases": [{"name": "only", "seconds": 20.0, "rate": 1.0}],
    "expect": {},
}


def keys(life: list[dict[str, Any]], **app: Any) -> list[str]:
    """The keys of the problems of a scenario with this life."""
    found = validated({**BASE, "life": life, "app": app})
    return [] if isinstance(found, Scenario) else [problem.key for problem in found]


UNINSTALL, REINSTALL = {"kind": "uninstall", "at_s": 2.0}, {"kind": "reinstall", "at_s": 4.0}


@pytest.mark.parametrize(
    ("life", "wrong"),
    [
        ([UNINSTALL, REINSTALL], []),
        ([REINSTALL], ["life.0.kind"]),
        ([UNINSTALL, {"kind": "uninstall", "at_s": 3.0}], ["life.1.kind"]),
        ([{"kind": "shop_redact", "at_s": 30.0}], ["life.0.at_s"]),
        ([{"kind": "rotate_secret", "at_s": 10.0, "after_s": 15.0}], ["life.0.at_s"]),
        ([{"kind": "rotate_secret", "at_s": 1.0}, {"kind": "rotate_secret", "at_s": 2.0}], ["life.1.kind"]),
        ([{"kind": "revoke_token", "at_s": 1.0, "after_s": 1.0}], ["life.0.after_s"]),
        ([{"kind": "revoke_token", "at_s": 1.0, "scopes": ["read_orders"]}], ["life.0.scopes"]),
        ([{"kind": "scopes_update", "at_s": 1.0, "scopes": ["read_orders"]}], ["life.0.scopes"]),
        (
            [
                {"kind": "scopes_update", "at_s": 1.0, "scopes": []},
                {"kind": "scopes_update", "at_s": 2.0, "scopes": ["write_inventory"]},
            ],
            [],
        ),
        ([{"kind": "nonsense", "at_s": 1.0}], ["life.0.kind"]),
        ([{}], ["life.0.kind", "life.0.at_s"]),
    ],
)
def test_what_cannot_happen_is_refused(life: list[dict[str, Any]], wrong: list[str]) -> None:
    assert keys(life) == wrong


def test_an_app_that_may_never_write_stock_is_refused() -> None:
    assert keys([], scopes=["read_orders"]) == ["app.scopes"]
    assert keys([], scopes=["write_inventory"]) == []


def test_a_scope_is_spelled_as_shopify_spells_it() -> None:
    assert keys([], scopes=["write_inventory", "orders"]) == ["app.scopes.1"]


def test_the_notes_say_what_happens_and_what_the_app_may_not() -> None:
    assert life_notes(load("smoke")) == ()
    assert life_notes(load("reinstall"))[0] == (
        "what happens to the app: customers/data_request at 3 s; customers/redact at 4, 6, 20, 22, 24 s; "
        "app uninstalled at 8 s; app installed again at 14 s"
    )
    assert len(life_notes(load("missing_scopes"))) == 2


def test_only_a_rotation_needs_a_second_secret() -> None:
    assert [rotates(load(name)) for name in ("secret_rotation", "reinstall", "smoke")] == [True, False, False]


def test_every_kind_has_a_label() -> None:
    assert len(set(LIFE.values())) == len(LIFE) == 8


def test_the_app_that_is_installed_again_is_told_after_that_that_it_was_uninstalled() -> None:
    times = {life.kind: (life.at_s, life.after_s) for life in load("reinstall").life}
    (gone_s, late_s), (back_s, _) = times["uninstall"], times["reinstall"]
    assert gone_s < back_s < gone_s + late_s < load("reinstall").load_s - 10
