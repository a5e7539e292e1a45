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


@functools.lru_cache(maxsize=2)
def judged(rule: Rule, flaw: Flaw = "", *, declared: bool = True, nets: bool = True) -> dict[str, Check]:
    behaviour = Behaviour(lists=rule, declared=declared, nets=nets, flaw=flaw)
    run = run_model(trade(seconds=2.0), behaviour, 5)
    return {check.name: check for check in check_all(History.of(run.facts))}


def invalid(checks: dict[str, Check]) -> set[str]:
    return {name for name, check in checks.items() if check.verdict == "invalid"}


@pytest.mark.parametrize("rule", LESS)
@pytest.mark.parametrize("nets", [True, False])
def test_a_sound_subject_with_a_rule_is_accused_of_nothing(rule: Rule, nets: bool) -> None:
    checks = judged(rule, nets=nets)
    assert invalid(checks) == set()
    assert checks["drift"].verdict == checks["nothing_lost"].verdict == checks["stale_overwrite"].verdict == "valid"
    assert checks["sync_latency"].measures["sync_latency_ms.never"] == 0


@pytest.mark.parametrize("rule", LESS)
def test_without_a_declaration_a_note_says_what_is_assumed(rule: Rule) -> None:
    checks = judged(rule, declared=False)
    assert checks["drift"].verdict == "invalid"
    assert any("says so: lists_less = true in its subject file" in note for note in checks["drift"].notes)


@pytest.mark.parametrize(
    ("rule", "says"),
    [("capped", "show 12: no listing shows more"), ("half", "show 50 % of the stock"), ("packs", "multiples of 6")],
)
def test_without_a_declaration_the_rule_is_the_first_cause(rule: Rule, says: str) -> None:
    run = run_model(trade(seconds=2.0), Behaviour(lists=rule, declared=False), 5)
    history = History.of(run.facts)
    (first, *_), _ = diagnose(history, check_all(history))
    assert says in first.cause
    assert "lists_less = true" in first.remedy


@pytest.mark.parametrize(("flaw", "check"), [("loses_event", "drift"), ("loses_order", "nothing_lost")])
def test_too_many_units_are_wrong_as_ever(flaw: Flaw, check: str) -> None:
    assert judged("not_the_last", flaw)[check].verdict == "invalid"


def test_a_subject_that_lists_all_has_no_such_note() -> None:
    assert not any("lists_less" in note for note in judged("all", "forgets_push")["drift"].notes)
