"""What a run holds against its subject, apart from speed.

How fast a service is beside other tests, four at a time on two cores, is the machine's: a limit on time may be broken,
or unknown. Everything else has to be as it is on a machine of its own, so a test that is not about time asks for that.
"""

from collections.abc import Callable, Mapping
from subprocess import CompletedProcess
from typing import Any, Final

from stockstorm.loadtests.exits import VERDICT_CODES
from stockstorm.reports.checkers import CHECKERS, REQUIRED
from stockstorm.reports.checkers.generator import Generator

TRIES: Final = 3
OF_SPEED: Final = frozenset({Generator.name, *(checker.name for checker in CHECKERS if checker.speed)})


def wrong_apart_from_speed(result: Mapping[str, Any]) -> dict[str, str]:
    """Why the run is not valid, by the check or diagnosis that says so, without what is about speed alone.

    A required check that is unknown counts, and so does every cause that explains more than speed. So does a verdict
    that no check accounts for.
    """
    checks = {check["name"]: check for check in result["checks"]}
    missing = {name: "it is not in the result" for name in REQUIRED if name not in checks}
    wrong = {
        name: f"{check['verdict']}: {check['reason']}"
        for name, check in checks.items()
        if name not in OF_SPEED
        and (check["verdict"] == "invalid" or (check["verdict"] == "unknown" and name in REQUIRED))
    }
    found = missing | wrong | {name: cause for name, cause in causes(result).items() if name not in wrong}
    slow = any(checks[name]["verdict"] in ("invalid", "unknown") for name in OF_SPEED & checks.keys())
    return found if found or slow or result["verdict"] == "valid" else {"verdict": "; ".join(result["reasons"])}


def is_valid_unless_late(result: Mapping[str, Any]) -> bool:
    """For a machine without other work: valid, or unknown because the load generator was late."""
    (generator,) = (check for check in result["checks"] if check["name"] == Generator.name)
    return bool(result["verdict"] == ("valid" if generator["verdict"] == "valid" else "unknown"))


def causes(result: Mapping[str, Any]) -> dict[str, str]:
    """The causes that diagnoses name, without those that explain checks on speed alone."""
    found = (one for one in result["diagnoses"] if not one["explains"] or not OF_SPEED.issuperset(one["explains"]))
    return {one["name"]: one["cause"] for one in found}


def until_decided(play: Callable[[], CompletedProcess[str]]) -> CompletedProcess[str]:
    """A run whose verdict is not unknown, in TRIES at most: for `timed` tests, on a machine that is disturbed at times.

    A service that is slow, or wrong, is invalid at once.
    """
    done = play()
    for _ in range(TRIES - 1):
        if done.returncode != VERDICT_CODES["unknown"]:
            break
        done = play()
    return done


def code_of(result: Mapping[str, Any]) -> int:
    """The exit code that the verdict of a result has."""
    return int(VERDICT_CODES[result["verdict"]])
