"""Flags of the command line, applied to a scenario that was loaded: another rate, another length.

`--fault kill_worker@10+2`: a fault 10 s after the start, which ends 2 s later.

`--safety-stock 2`: the subject holds back units on every listing, so fewer are sold twice and more not at all.
"""

import math
import re
from collections.abc import Sequence

from stockstorm.scenarios.checks import relation_problems
from stockstorm.scenarios.floor import oversell_bound_units
from stockstorm.scenarios.problems import Problem, scenario_error
from stockstorm.scenarios.schema import allowed
from stockstorm.scenarios.spec import Scenario
from stockstorm.scenarios.tiers import TIERS
from stockstorm.simulator.config import FAULTS, FaultConfig, PhaseConfig
from stockstorm.simulator.plan.planner import expected_events, with_event_rate

OVERSELL = "oversell.units"


def with_flags(scenario: Scenario, rate: float | None = None, seconds: float | None = None) -> Scenario:
    """The scenario at `rate` events a second (of shop and channels together) and with a load of `seconds` in all.

    Phases keep their proportions; a scenario compressed in time is compressed the more, the shorter it is. A bound on
    oversold units that was the floor of the tier becomes the floor at the new rate. Raises `ScenarioError` with every
    wrong flag, or with what no longer fits once scaled.
    """
    wrong = [
        Problem(flag, f"{value:g} does not fit", f"write a number above 0, up to {most:g}")
        for flag, value, most in (("--rate", rate, 100_000), ("--seconds", seconds, 86_400))
        if value is not None and not (math.isfinite(value) and 0 < value <= most)
    ]
    if wrong:
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
    if problems := relation_problems(scaled):
        raise scenario_error(f"{scenario.name} with these flags", problems)
    return scaled.model_copy(update={"expect": _expected(scenario, scaled)})


def _scaled(old: PhaseConfig, new: PhaseConfig) -> PhaseConfig:
    """The old phase with what scaling changed, so that keys which mean nothing for its kind stay as they were."""
    burst = {"burst_size": new.burst_size} if old.kind == "burst" else {}
    return old.model_copy(update={"seconds": new.seconds, "rate": new.rate, "rate_to": new.rate_to, **burst})


def _expected(old: Scenario, new: Scenario) -> dict[str, str]:
    limit_s = next((tier.limit_ms / 1000 for tier in TIERS if tier.name == old.tier), None)
    if limit_s is None or old.expect.get(OVERSELL) != _bound(old, limit_s):
        return old.expect
    return old.expect | {OVERSELL: _bound(new, limit_s)}


def _bound(scenario: Scenario, limit_s: float) -> str:
    return f"<= {oversell_bound_units(scenario, limit_s)}"


_PATTERN = re.compile(r"(?P<kind>[a-z_]+)@(?P<at>\d+(\.\d+)?)(\+(?P<back>\d+(\.\d+)?))?")


def with_faults(scenario: Scenario, flags: Sequence[str]) -> Scenario:
    """The scenario with these faults besides its own. Raises ScenarioError with every flag that does not fit."""
    found = [(flag, _PATTERN.fullmatch(flag)) for flag in flags]
    wrong = [
        Problem(
            "--fault",
            f"{flag!r} does not fit",
            f"write e.g. kill_worker@10 or kill_worker@10+2; kinds: {', '.join(FAULTS)}",
        )
        for flag, match in found
        if match is None or match["kind"] not in FAULTS
    ]
    if wrong:
        raise scenario_error("flags", wrong)
    faults = tuple(
        FaultConfig(kind=match["kind"], at_s=float(match["at"]), restart_after_s=float(match["back"] or 1.0))
        for _, match in found
        if match is not None
    )
    changed = scenario.model_copy(update={"faults": scenario.faults + faults})
    if problems := relation_problems(changed):
        raise scenario_error(f"{scenario.name} with these faults", problems)
    return changed


MOST = 10_000


def with_safety_stock(scenario: Scenario, units: int | None) -> Scenario:
    """The scenario with this safety stock instead of its own; None leaves it. Raises ScenarioError."""
    if units is None:
        return scenario
    if not 0 <= units <= MOST:
        remedy = f"write {allowed(('subject', 'safety_stock'))}"
        raise scenario_error("flags", [Problem("--safety-stock", f"{units} does not fit", remedy)])
    return scenario.model_copy(update={"subject": scenario.subject.model_copy(update={"safety_stock": units})})
