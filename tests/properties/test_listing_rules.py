"""Subjects that list fewer units than there are, by a rule of their own: declared, only too many units are wrong."""

import functools
from typing import get_args

import pytest

from stockstorm.reports.checkers import check_all
from stockstorm.reports.diagnosis import diagnose
from stockstorm.reports.history import History
from stockstorm.reports.result import Check
from tests.modelled.run import run_model
from tests.modelled.subject import Behaviour, Flaw, Rule
from tests.properties.test_measures_against_truth import trade

LESS = tuple(rule for rule in get_args(Rule) if rule != "all")
SAYS: dict[Rule, str] = {  # of a threshold, this shop has too few SKUs with few units
    "capped": "show 12: no listing shows more",
    "half": "show 50 % of the stock",
    "packs": "multiples of 6",
}


@functools.lru_cache(maxsize=8)
def judged(
    rule: Rule, flaw: Flaw = "", *, declared: bool = True, nets: bool = True
) -> tuple[History, dict[str, Check]]:
    behaviour = Behaviour(lists=rule, declared=declared, nets=nets, flaw=flaw)
    history = History.of(run_model(trade(seconds=1.2), behaviour, 5).facts)
    return history, {check.name: check for check in check_all(history)}


@pytest.mark.parametrize(("rule", "nets"), [*((rule, True) for rule in LESS), ("capped", False)])
def test_a_sound_subject_with_a_rule_is_accused_of_nothing(rule: Rule, nets: bool) -> None:
    _, checks = judged(rule, nets=nets)
    assert {name for name, check in checks.items() if check.verdict == "invalid"} == set()
    assert checks["drift"].verdict == checks["nothing_lost"].verdict == checks["stale_overwrite"].verdict == "valid"
    assert checks["sync_latency"].measures["sync_latency_ms.never"] == 0


@pytest.mark.parametrize(("rule", "says"), SAYS.items())
def test_without_a_declaration_a_note_says_what_is_assumed_and_a_cause_names_the_rule(rule: Rule, says: str) -> None:
    history, checks = judged(rule, declared=False)
    assert checks["drift"].verdict == "invalid"
    assert any("says so: lists_less = true in its subject file" in note for note in checks["drift"].notes)
    found, _ = diagnose(history, tuple(checks.values()))
    named = [one for one in found if says in one.cause]
    assert ["lists_less = true" in one.remedy for one in named] == [True]


@pytest.mark.parametrize(("flaw", "check"), [("loses_event", "drift"), ("loses_order", "nothing_lost")])
def test_too_many_units_are_wrong_as_ever(flaw: Flaw, check: str) -> None:
    assert judged("not_the_last", flaw)[1][check].verdict == "invalid"


def test_a_subject_that_lists_all_has_no_such_note() -> None:
    assert not any("lists_less" in note for note in judged("all", "forgets_push")[1]["drift"].notes)
