"""Flags of the command line, applied to a loaded scenario: its rates and length, faults, API faults and safety stock.

Each has a function that says what is wrong with its value, and one that gives the changed scenario.
"""

import math
import re
from collections.abc import Sequence
from typing import Final

from pydantic import ValidationError

from stockstorm.scenarios.checks import relation_problems
from stockstorm.scenarios.floor import oversell_bound_units
from stockstorm.scenarios.problems import Problem, scenario_error
from stockstorm.scenarios.schema import allowed, schema
from stockstorm.scenarios.spec import Scenario
from stockstorm.scenarios.tiers import TIERS
from stockstorm.simulator.config import API_FAULTS, EVERY_API, FAULTS, ApiFaultConfig, FaultConfig, PhaseConfig
from stockstorm.simulator.plan.planner import expected_events, with_event_rate
from stockstorm.simulator.plan.quotas import fitting

RATE_MAX: Final = 100_000.0  # events a second
SECONDS_MAX: Final = 86_400.0
SAFETY_STOCK_MAX: Final = 10_000  # units
_OVERSELL: Final = "oversell.units"
_API_FAULT: Final = re.compile(
    r"((?P<api>[a-z][a-z0-9_]*):)?(?P<kind>[a-z_]+)@(?P<at>\d+(\.\d+)?)\+(?P<lasts>\d+(\.\d+)?)(\*(?P<share>[01](\.\d+)?))?"
)
_FAULT: Final = re.compile(r"(?P<kind>[a-z_]+)@(?P<at>\d+(\.\d+)?)(\+(?P<back>\d+(\.\d+)?))?")


def rate_problem(rate: float | None) -> Problem | None:
    """What is wrong with `--rate`."""
    return _number_problem("--rate", rate, RATE_MAX)


def seconds_problem(seconds: float | None) -> Problem | None:
    """What is wrong with `--seconds`."""
    return _number_problem("--seconds", seconds, SECONDS_MAX)


def faults_problem(flags: Sequence[str]) -> Problem | None:
    """What is wrong with the values of `--fault`; all of them in one problem."""
    wrong = [f"{flag!r} does not fit" for flag in flags if _fault(flag) is None]
    remedy = f"write e.g. kill_worker@10 or kill_worker@10+2; kinds: {', '.join(FAULTS)}"
    return Problem("--fault", ", ".join(wrong), remedy) if wrong else None


def api_faults_problem(flags: Sequence[str]) -> Problem | None:
    """What is wrong with the values of `--api-fault`; all of them in one problem."""
    wrong = [f"{flag!r} does not fit" for flag in flags if _api_fault(flag) is None]
    remedy = (
        f"write e.g. admin:server_error@10+5, or throttled@10+5*0.2 for a share of the calls; kinds: "
        f"{', '.join(API_FAULTS)}"
    )
    return Problem("--api-fault", ", ".join(wrong), remedy) if wrong else None


def safety_stock_problem(units: int | None) -> Problem | None:
    """What is wrong with `--safety-stock`."""
    if units is None or 0 <= units <= SAFETY_STOCK_MAX:
        return None
    return Problem("--safety-stock", f"{units} does not fit", f"write {allowed(('subject', 'safety_stock'), schema())}")


def with_flags(scenario: Scenario, rate: float | None = None, seconds: float | None = None) -> Scenario:
    """The scenario at `rate` events a second (shop and channels together), with a load of `seconds` in all.

    Phases keep their proportions. The time compression changes with the length. If the limit on oversold units was
    the floor of the scenario's tier, it becomes the floor at the new rate. Quotas are lowered to what the load holds.
    Raises ScenarioError with every wrong flag, or with the rules of a scenario that no longer hold.
    """
    if wrong := [problem for problem in (rate_problem(rate), seconds_problem(seconds)) if problem]:
        raise scenario_error("flags", wrong)
    if rate is None and seconds is None:
        return scenario
    wanted = rate if rate is not None else expected_events(scenario) / scenario.load_s
    phases = with_event_rate(scenario, wanted, seconds).phases
    pairs = zip(scenario.phases, phases, strict=True)
    scaled = scenario.model_copy(update={"phases": tuple(_scaled(old, new) for old, new in pairs)})
    if scenario.time_compression != 1:
        factor = scenario.time_compression * scenario.load_s / scaled.load_s
        scaled = scaled.model_copy(update={"time_compression": factor})
    scaled = scaled.model_copy(update={"quotas": fitting(scaled)})
    if problems := relation_problems(scaled):
        raise scenario_error(f"{scenario.name} with these flags", problems)
    return scaled.model_copy(update={"expect": _expected(scenario, scaled)})


def read_faults(flags: Sequence[str]) -> tuple[FaultConfig, ...]:
    """The faults that these values name, without those that do not fit (`faults_problem`)."""
    return tuple(fault for flag in flags if (fault := _fault(flag)) is not None)


def with_faults(scenario: Scenario, flags: Sequence[str]) -> Scenario:
    """The scenario with these faults in addition to its own. Raises ScenarioError."""
    if (problem := faults_problem(flags)) is not None:
        raise scenario_error("flags", [problem])
    changed = scenario.model_copy(update={"faults": scenario.faults + read_faults(flags)})
    if problems := relation_problems(changed):
        raise scenario_error(f"{scenario.name} with these faults", problems)
    return changed


def with_api_faults(scenario: Scenario, flags: Sequence[str]) -> Scenario:
    """The scenario with these API faults, which come before its own. Raises ScenarioError."""
    if (problem := api_faults_problem(flags)) is not None:
        raise scenario_error("flags", [problem])
    added = tuple(fault for flag in flags if (fault := _api_fault(flag)) is not None)
    changed = scenario.model_copy(update={"api_faults": added + scenario.api_faults})
    if problems := relation_problems(changed):
        raise scenario_error(f"{scenario.name} with these API faults", problems)
    return changed


def with_safety_stock(scenario: Scenario, units: int | None) -> Scenario:
    """The scenario with this safety stock instead of its own; None leaves it. Raises ScenarioError."""
    if (problem := safety_stock_problem(units)) is not None:
        raise scenario_error("flags", [problem])
    if units is None:
        return scenario
    return scenario.model_copy(update={"subject": scenario.subject.model_copy(update={"safety_stock": units})})


def _number_problem(flag: str, value: float | None, most: float) -> Problem | None:
    if value is None or (math.isfinite(value) and 0 < value <= most):
        return None
    return Problem(flag, f"{value:g} does not fit", f"write a number above 0, up to {most:g}")


def _scaled(old: PhaseConfig, new: PhaseConfig) -> PhaseConfig:
    """The old phase with the scaled values. Keys that mean nothing for its kind keep their values."""
    burst = {"burst_size": new.burst_size} if old.kind == "burst" else {}
    return old.model_copy(update={"seconds": new.seconds, "rate": new.rate, "rate_to": new.rate_to, **burst})


def _expected(old: Scenario, new: Scenario) -> dict[str, str]:
    limit_s = next((tier.limit_ms / 1000 for tier in TIERS if tier.name == old.tier), None)
    if limit_s is None or old.expect.get(_OVERSELL) != _bound(old, limit_s):
        return old.expect
    return old.expect | {_OVERSELL: _bound(new, limit_s)}


def _bound(scenario: Scenario, limit_s: float) -> str:
    return f"<= {oversell_bound_units(scenario, limit_s)}"


def _fault(flag: str) -> FaultConfig | None:
    """`kill_worker@10+2` is: 10 s after the start, restarted 2 s later. None when the text is no fault."""
    match = _FAULT.fullmatch(flag)
    if match is None:
        return None
    times = {"at_s": float(match["at"]), "restart_after_s": float(match["back"] or 1.0)}
    try:
        return FaultConfig.model_validate({"kind": match["kind"], **times})
    except ValidationError:  # an unknown kind, or times beyond what a scenario may have
        return None


def _api_fault(flag: str) -> ApiFaultConfig | None:
    """`admin:server_error@10+5*0.2` is: from 10 s to 15 s, a fifth of the calls. None when the text is no API fault."""
    match = _API_FAULT.fullmatch(flag)
    if match is None:
        return None
    at_s = float(match["at"])
    values = {"from_s": at_s, "until_s": at_s + float(match["lasts"]), "share": float(match["share"] or 1.0)}
    try:
        return ApiFaultConfig.model_validate({"kind": match["kind"], "api": match["api"] or EVERY_API, **values})
    except ValidationError:  # an unknown kind, or values beyond what a scenario may have
        return None
