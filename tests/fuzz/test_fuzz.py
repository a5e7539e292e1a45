"""The short form of `make fuzz`, and the rules that it applies."""

from collections import Counter
from pathlib import Path
from random import Random

import msgspec
import pytest

from stockstorm.simulator.io.senders.answer import AnswerError, AnswerReader
from tests.fuzz.case import KINDS, Answer, Case, Expect, broken_rule
from tests.fuzz.cases import case_of
from tests.fuzz.judge import ATTEMPTS, Judge
from tests.fuzz.raw_http import answer
from tests.fuzz.run import Run

SEED = 7
REQUESTS = 450
ATTEMPTED = 40


@pytest.mark.e2e
def test_no_fuzzed_request_breaks_a_rule(tmp_path: Path) -> None:
    outcome = Run(SEED, 0, REQUESTS).whole(tmp_path)
    assert [(violation.rule, violation.case) for violation in outcome.violations] == []
    assert sum(counts.total() for counts in outcome.statuses.values()) == REQUESTS
    assert all(outcome.statuses[kind].total() for kind in KINDS)
    assert outcome.stored > outcome.statuses["genuine"][200] > 0
    assert outcome.forgeries_stored == 0


def test_no_attempt_at_the_judge_breaks_a_rule(tmp_path: Path) -> None:
    judge = Judge(tmp_path)
    found = [judge.attempt(SEED, index) for index in range(ATTEMPTED)]
    assert [each for each in found if each.rule] == []
    assert {each.attempt for each in found} == {*ATTEMPTS}
    assert len({each.code for each in found}) > 2


def test_the_answers_of_a_hostile_subject_end_with_a_status_of_http_or_an_error() -> None:
    ends: Counter[str] = Counter()
    for index in range(5_000):
        rng, reader = Random(f"{SEED}/answer/{index}"), AnswerReader()
        whole = answer(rng)
        at = rng.randrange(len(whole) + 1)
        try:
            complete = any(reader.feed(piece) for piece in (whole[:at], whole[at:]) if piece) or reader.ended()
        except AnswerError:
            ends["error"] += 1
            continue
        ends["complete" if complete else "incomplete"] += 1
        assert 200 <= reader.status <= 599 if complete else reader.received_bytes == len(whole)
    assert min(ends.values()) > 100
    assert len(ends) == 3


def test_a_case_depends_on_seed_and_index_alone() -> None:
    forwards = [msgspec.json.encode(case_of(SEED, index)) for index in range(300)]
    backwards = [msgspec.json.encode(case_of(SEED, index)) for index in reversed(range(300))]
    assert forwards == backwards[::-1]
    assert forwards[:50] != [msgspec.json.encode(case_of(SEED + 1, index)) for index in range(50)]


@pytest.mark.parametrize(
    ("expect", "status", "broken"),
    [
        ("accepted", 200, False),
        ("accepted", 503, True),
        ("accepted", 401, True),
        ("accepted", 0, True),
        ("refused", 401, False),
        ("refused", 0, False),
        ("refused", 200, True),
        ("refused", 204, True),
        ("refused", 500, True),
        ("any", 404, False),
        ("any", 502, True),
        ("answered", 400, False),
        ("answered", 0, True),
    ],
)
def test_the_rules(expect: Expect, status: int, broken: bool) -> None:
    assert bool(broken_rule(Case(0, "raw_webhooks", "webhooks", (b"",), expect), Answer(status))) is broken
