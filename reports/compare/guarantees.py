"""Judges a run against what its subject's architecture guarantees.

A check that the architecture cannot pass is excused, with the reason. Everything else that decides the run's own
verdict counts.
"""

from collections.abc import Mapping, Sequence

import msgspec

from stockstorm.reports.checkers import CORRECTNESS, REQUIRED
from stockstorm.reports.compare.run_summary import BUSY_S
from stockstorm.reports.result import Check, Finding, Result, Verdict
from stockstorm.reports.verdict.thresholds import judged_check


class GuaranteeOutcome(msgspec.Struct, frozen=True):
    """`reasons`: why guarantees were not met or could not be judged. `excused`: excused checks that are not valid."""

    verdict: Verdict
    reasons: tuple[str, ...]
    excused: frozenset[str]


def judge_guarantees(result: Result, cannot: Mapping[str, str]) -> GuaranteeOutcome:
    """The verdict over the checks and thresholds that are not in `cannot` (check -> why it is excused)."""
    found = _findings(result)
    excused = frozenset(name for name, verdict, _ in found if verdict in {"invalid", "unknown"} and name in cannot)
    counted = [entry for entry in found if entry[0] not in cannot]
    failed = [f"{name}: {reason}" for name, verdict, reason in counted if verdict == "invalid"]
    unjudged = [f"{name}: {reason}" for name, verdict, reason in counted if verdict == "unknown"]
    cut = [reason for reason in result.reasons if reason.startswith(("the run did not", "the run was"))]
    if cut:
        return GuaranteeOutcome("unknown", tuple(dict.fromkeys([*cut, *failed])), excused)
    if failed:
        return GuaranteeOutcome("invalid", tuple(dict.fromkeys(failed + unjudged)), excused)
    return GuaranteeOutcome("unknown" if unjudged else "valid", tuple(dict.fromkeys(unjudged)), excused)


def _findings(result: Result) -> list[tuple[str, Finding, str]]:
    """(check, verdict, reason) of all that decides a verdict. A threshold counts for the check that measures it."""
    owners = {measure: check.name for check in result.checks for measure in check.measures}
    present = {check.name for check in result.checks}
    found: list[tuple[str, Finding, str]] = [
        (check.name, check.verdict, check.reason)
        for check in result.checks
        if check.verdict == "invalid" or check.name in REQUIRED
    ]
    found += [(name, "unknown", "this check is missing") for name in REQUIRED if name not in present]
    for line in result.thresholds:
        found.append((owners.get(line.measure, judged_check(line.measure)), line.verdict, line.reason))
    return found


def worst_checks(results: Sequence[Result], cannot: Mapping[str, str]) -> tuple[Check, ...]:
    """The worst finding of every check over these runs. An excused check that could not be judged counts as valid."""
    order: dict[Finding, int] = {"measured": 0, "not_exercised": 1, "valid": 2, "unknown": 3, "invalid": 4}
    worst: dict[str, Check] = {}
    for result in results:
        for check in result.checks:
            excused = check.verdict == "unknown" and check.name in cannot
            seen = msgspec.structs.replace(check, verdict="valid", reason=cannot[check.name]) if excused else check
            if check.name not in worst or order[seen.verdict] > order[worst[check.name].verdict]:
                worst[check.name] = seen
    return tuple(worst.values())


def correctness(checks: Sequence[Check]) -> Verdict:
    """The verdict over the correctness checks, which a ranking by speed requires."""
    verdicts = {check.name: check.verdict for check in checks}
    found = {verdicts.get(name, "unknown") for name in CORRECTNESS}
    if "invalid" in found:
        return "invalid"
    return "unknown" if "unknown" in found else "valid"


def over_ceiling(busiest_per_s: float, ceilings: Mapping[str, float]) -> str:
    """Why a run does not measure the architecture, naming the emulator. Empty when it is under every ceiling.

    `ceilings`: events a second by emulator. The key begins with the emulator's name and a comma.
    """
    for emulator, per_s in ceilings.items():
        if busiest_per_s > per_s:
            name = emulator.partition(",")[0]
            return (
                f"the plan has {busiest_per_s:,.0f} events/s in its busiest {BUSY_S} s, more than the {per_s:,.0f}/s "
                f"of the emulator ({name}), so the run measures the emulator and not the architecture"
            )
    return ""
