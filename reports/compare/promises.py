"""Did a run hold what its subject's architecture promises? A check that the architecture is bound to fail is excused,
with the reason; everything else that the run's own verdict rests on counts.
"""

from collections.abc import Mapping, Sequence

import msgspec

from stockstorm.reports.checkers import CORRECTNESS, REQUIRED
from stockstorm.reports.compare.played import BUSY_S
from stockstorm.reports.result import Check, Result, Verdict
from stockstorm.reports.verdict.thresholds import judged_check


class Promise(msgspec.Struct, frozen=True):
    """`reasons` say why it was not held or not known; `excused` are checks that failed or could not be judged."""

    verdict: Verdict
    reasons: tuple[str, ...]
    excused: frozenset[str]


def promised(result: Result, cannot: Mapping[str, str]) -> Promise:
    """The verdict over the checks and thresholds that are not in `cannot`."""
    found = _findings(result)
    excused = frozenset(name for name, verdict, _ in found if verdict != "valid" and name in cannot)
    counted = [entry for entry in found if entry[0] not in cannot]
    bad = [f"{name}: {reason}" for name, verdict, reason in counted if verdict == "invalid"]
    open_ = [f"{name}: {reason}" for name, verdict, reason in counted if verdict == "unknown"]
    cut = [reason for reason in result.reasons if reason.startswith(("the run did not", "the run was"))]
    if cut:
        return Promise("unknown", tuple(dict.fromkeys([*cut, *bad])), excused)
    if bad:
        return Promise("invalid", tuple(dict.fromkeys(bad + open_)), excused)
    return Promise("unknown" if open_ else "valid", tuple(dict.fromkeys(open_)), excused)


def _findings(result: Result) -> list[tuple[str, Verdict, str]]:
    """(check, verdict, reason) of all that a verdict rests on; a threshold counts under the check that measures it."""
    owners = {measure: check.name for check in result.checks for measure in check.measures}
    present = {check.name for check in result.checks}
    found = [
        (check.name, check.verdict, check.reason)
        for check in result.checks
        if check.verdict == "invalid" or check.name in REQUIRED
    ]
    found += [(name, "unknown", "this check is missing") for name in REQUIRED if name not in present]
    for line in result.thresholds:
        found.append((owners.get(line.measure, judged_check(line.measure)), line.verdict, line.reason))
    return found


def worst_checks(results: Sequence[Result], cannot: Mapping[str, str]) -> tuple[Check, ...]:
    """For every check the worst finding over these runs. One that is excused and not judged counts as valid."""
    order: dict[Verdict, int] = {"valid": 0, "unknown": 1, "invalid": 2}
    worst: dict[str, Check] = {}
    for result in results:
        for check in result.checks:
            excused = check.verdict == "unknown" and check.name in cannot
            seen = msgspec.structs.replace(check, verdict="valid", reason=cannot[check.name]) if excused else check
            if check.name not in worst or order[seen.verdict] > order[worst[check.name].verdict]:
                worst[check.name] = seen
    return tuple(worst.values())


def correctness(checks: Sequence[Check]) -> Verdict:
    """Over the checks that come before any speed: nothing lost, nothing twice, nothing forged, nothing adrift."""
    verdicts = {check.name: check.verdict for check in checks}
    found = {verdicts.get(name, "unknown") for name in CORRECTNESS}
    if "invalid" in found:
        return "invalid"
    return "unknown" if "unknown" in found else "valid"


def over_ceiling(busiest_per_s: float, ceilings: Mapping[str, float]) -> str:
    """Why a run says nothing of the architecture, naming the emulator; empty when it is under every ceiling.

    `ceilings`: events a second by what stands in for a cloud, described as its name, a comma, and more.
    """
    for emulator, per_s in ceilings.items():
        if busiest_per_s > per_s:
            name = emulator.partition(",")[0]
            return (
                f"the plan asks for {busiest_per_s:,.0f} events/s in its busiest {BUSY_S} s, over the {per_s:,.0f}/s "
                f"measured of the emulator ({name}), so this says nothing of the architecture"
            )
    return ""
