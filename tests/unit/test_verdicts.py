"""The help for tests that are not about speed: it leaves out speed and nothing else."""

from subprocess import CompletedProcess
from typing import Any

import pytest

from stockstorm.reports.checkers import REQUIRED
from tests.verdicts import code_of, until_decided, wrong_apart_from_speed


def result(*explained: str, **verdicts: str) -> dict[str, Any]:
    """Required checks are valid, but for `verdicts`. With names of checks, a cause that explains them was found."""
    checks = dict.fromkeys(REQUIRED, "valid") | verdicts
    cause = {"name": "found", "cause": "it was so", "explains": [*explained]}
    return {
        "verdict": "valid",
        "checks": [{"name": name, "verdict": verdict, "reason": "said"} for name, verdict in checks.items()],
        "diagnoses": [cause] if explained else [],
    }


@pytest.mark.parametrize("verdict", ["invalid", "unknown"])
@pytest.mark.parametrize("check", ["ack_time", "sync_latency", "generator"])
def test_speed_is_left_out(check: str, verdict: str) -> None:
    assert wrong_apart_from_speed(result(check, **{check: verdict})) == {}


def test_everything_else_counts() -> None:
    assert wrong_apart_from_speed(result(drift="invalid")) == {"drift": "invalid: said"}
    assert wrong_apart_from_speed(result(nothing_lost="unknown", memory="invalid")) == {
        "nothing_lost": "unknown: said",
        "memory": "invalid: said",
    }
    assert wrong_apart_from_speed(result("ack_time", "drift")) == {"found": "it was so"}
    cut = {"verdict": "unknown", "reasons": ["it was interrupted"]}
    assert wrong_apart_from_speed(result() | cut) == {"verdict": "it was interrupted"}
    assert wrong_apart_from_speed(result(ack_time="unknown") | cut) == {}
    no_check = result() | {"checks": []}
    assert set(wrong_apart_from_speed(no_check)) == set(REQUIRED)


@pytest.mark.parametrize(("codes", "ended"), [([0], 0), ([2, 0], 0), ([2, 1, 0], 1), ([1, 0], 1), ([2, 2, 2, 0], 2)])
def test_only_what_is_unknown_is_played_again_and_not_for_ever(codes: list[int], ended: int) -> None:
    left = iter(codes)
    assert until_decided(lambda: CompletedProcess("run", next(left))).returncode == ended


def test_an_exit_code_is_that_of_the_verdict() -> None:
    assert [code_of({"verdict": verdict}) for verdict in ("valid", "invalid", "unknown")] == [0, 1, 2]
