"""From a history to a `Result`: every check, threshold and tier, and one verdict over them.

Invalid if any check or threshold is invalid. Otherwise unknown if a check is unknown that the run rests on: one of
correctness, one that is required, one with a threshold, or one whose case the scenario promises. Any other check that
is unknown decides nothing: it is named beside the verdict as not decided, and a valid run claims nothing of it. A run
that did not complete is unknown in every respect, because an event that looks lost may only have been cut off. Reasons
are sorted by importance: correctness before speed.
"""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Final

import msgspec

from stockstorm.reports.checkers import CHECKERS, CORRECTNESS, REQUIRED, check_all
from stockstorm.reports.checkers.exposed import promise_of
from stockstorm.reports.checkers.stability import Stability
from stockstorm.reports.checkers.stale_overwrite import StaleOverwrite
from stockstorm.reports.collector import collector_paused
from stockstorm.reports.diagnosis import find, told
from stockstorm.reports.diagnosis.retold import retold
from stockstorm.reports.evidence import with_chains
from stockstorm.reports.history import History
from stockstorm.reports.history.elsewhere import NOWHERE
from stockstorm.reports.history.level import judged_level, level_text
from stockstorm.reports.result import Check, Finding, Interval, Result, ThresholdOutcome, Verdict, counted
from stockstorm.reports.verdict.by_rest import rest_notes
from stockstorm.reports.verdict.by_topic import by_topic
from stockstorm.reports.verdict.machine import on_a_free_machine
from stockstorm.reports.verdict.samples import intervals
from stockstorm.reports.verdict.thresholds import judge_thresholds, judged_check
from stockstorm.reports.verdict.tiers import judge_tiers
from stockstorm.reports.verdict.unplayed import unplayed_notes
from stockstorm.simulator.history.facts import ApiCalled, RunEnded, VersionAsked

NO_CALL: Final = (
    "the subject made no API call: it does not know the address of the simulated APIs, or it ignores its webhooks"
)
_IMPORTANCE: Final = {checker.name: place for place, checker in enumerate(CHECKERS)}
UNPLANNED_SHOWN: Final = 3
_DENIED: Final = "denied"
_SEVERITY: Final[dict[Finding, int]] = {"measured": 0, "not_exercised": 1, "valid": 2, "unknown": 3, "invalid": 4}
_ADMIN: Final = "admin"


def call_notes(history: History) -> tuple[str, ...]:
    """Notes on a subject that makes no API call or uses a wrong token, because that can look like a flaw."""
    calls = history.all(ApiCalled)
    if not calls:
        return (NO_CALL,) if judged_level(history) == "full" else ()
    admin = [call.outcome for call in calls if call.api == _ADMIN]
    markets = [call.outcome for call in calls if call.api != _ADMIN]
    sides = (("the Admin API", admin), ("the marketplaces' APIs", markets))
    return tuple(
        f"{denied:,} of {counted(len(outcomes), 'call')} to {side} came with a wrong token (401)"
        for side, outcomes in sides
        if (denied := outcomes.count(_DENIED))
    )


def version_notes(history: History) -> tuple[str, ...]:
    """Notes on the versions of the Admin API that the subject asked for. Older histories do not tell."""
    asked = history.all(VersionAsked)
    spoken = [each.asked for each in asked if each.asked == each.served]
    notes = [f"the subject spoke Admin API {' and '.join(sorted(spoken))}"] if spoken else []
    notes += [
        f"the subject asked for {f'Admin API {each.asked}' if each.asked else 'no version of the Admin API'}, which is "
        f"answered as {each.served}, the oldest that is served"
        for each in asked
        if each.asked != each.served
    ]
    return tuple(notes)


def judge(history: History) -> Result:
    """Everything that is reported about a run, as a function of its history alone.

    Raises `ScenarioError` if the [expect] of the recorded scenario cannot be read.
    """
    with collector_paused():
        return _judged(history)


def _judged(history: History) -> Result:
    started = history.started
    _hand_over(history)
    cut = interrupted(history)
    brief = cut.partition(":")[0]  # the reason is told once, at the top
    checks, no_chains = _chained(history, tuple(_unknown_when(brief, check) for check in check_all(history)))
    found_intervals, failure = _intervals(history)
    measures = {name: value for check in checks for name, value in check.measures.items()}
    unreliable = brief or _late_generator(checks)
    machine = partial(on_a_free_machine, history)
    thresholds = judge_thresholds(history.scenario.expect, checks, measures, found_intervals, unreliable, machine)
    tiers = judge_tiers(history.scenario, checks, measures, found_intervals, unreliable)
    open_ = (check.name for check in checks if check.verdict == "unknown")
    promised = frozenset(name for name in open_ if promise_of(history, name))
    verdict, reasons = overall(cut, checks, thresholds, promised)
    checks = tuple(with_thresholds(check, thresholds) for check in checks)
    found, undiagnosed = find(history, checks)
    checks = retold(checks, found)
    check_notes = (f"{check.name}: {note}" for check in checks for note in check.notes)
    return Result(
        run=started.run,
        scenario=history.scenario.name,
        seed=started.seed,
        plan_digest=started.plan_digest,
        subject=started.subject,
        verdict=verdict,
        reasons=reasons,
        unplanned=unplanned(checks),
        tiers=tiers,
        checks=checks,
        thresholds=thresholds,
        measures=measures,
        intervals=found_intervals,
        event_classes=classes_of(checks),
        notes=tuple(
            dict.fromkeys(
                (
                    *unplayed_notes(history),
                    *call_notes(history),
                    *version_notes(history),
                    *rest_notes(history),
                    *started.notes,
                    *check_notes,
                    *failure,
                    *no_chains,
                    *undiagnosed,
                )
            )
        ),
        commit=started.commit,
        versions=started.versions,
        machine=started.machine,
        replay=started.replay,
        started_wall_ns=started.wall_ns,
        duration_ns=started.duration_ns,
        rest=history.rest.text,
        diagnoses=told(found),
        level=level_text(history),
        untested=untested(checks),
        undecided=() if cut else undecided(checks, rests_on(thresholds, promised)),
        topics=by_topic(history),
    )


def _hand_over(history: History) -> None:
    """Gives the other process, if there is one, the latencies: it then computes and draws with them."""
    if history.elsewhere is not NOWHERE:
        with suppress(Exception):  # a checker that needs them will tell
            names = ("sync_samples", "sync_samples_with_moot")
            history.elsewhere.give({name: getattr(history, name) for name in names})


def _chained(history: History, checks: tuple[Check, ...]) -> tuple[tuple[Check, ...], tuple[str, ...]]:
    try:
        return with_chains(history, checks), ()
    except Exception as error:  # noqa: BLE001  # as for a checker that raises: the rest must still be reported
        return checks, (f"incidents have no chains, because building them failed: {type(error).__name__}: {error}",)


def _intervals(history: History) -> tuple[dict[str, Interval], tuple[str, ...]]:
    try:
        return intervals(history), ()
    except Exception as error:  # noqa: BLE001  # as for a checker that raises: the rest must still be reported
        return {}, (f"there are no intervals, because computing them failed: {type(error).__name__}: {error}",)


def unplanned(checks: Sequence[Check]) -> tuple[str, ...]:
    """What nobody planned, in order of time: the first UNPLANNED_SHOWN, and how many more there are."""
    found = next((check for check in checks if check.name == Stability.name), None)
    if found is None or not found.incidents_total:
        return ()
    shown = tuple(incident.text for incident in found.incidents[:UNPLANNED_SHOWN])
    more = found.incidents_total - len(shown)
    return (*shown, f"and {counted(more, 'more such event')}") if more else shown


def interrupted(history: History) -> str:
    """Why the run counts as interrupted, in one sentence. Empty if it completed."""
    ended = history.last(RunEnded)
    if ended is None:
        return "the run was interrupted: its history has no end"
    if not ended.complete:
        return f"the run did not complete: {ended.reason or 'no reason was recorded'}"
    return ""


def overall(
    cut: str, checks: Sequence[Check], thresholds: Sequence[ThresholdOutcome], promised: frozenset[str] = frozenset()
) -> tuple[Verdict, tuple[str, ...]]:
    """The verdict of the run, and the reasons why it is not valid, most important first.

    `promised`: checks whose case the scenario promises.
    """
    present = {check.name for check in checks}
    entries: list[tuple[str, Finding, str]] = [(check.name, check.verdict, check.reason) for check in checks]
    entries += [(judged_check(line.measure), line.verdict, line.reason) for line in thresholds]
    entries += [(name, "unknown", "this check is missing") for name in REQUIRED if name not in present]
    required = rests_on(thresholds, promised)
    bad = sorted((entry for entry in entries if entry[1] == "invalid"), key=_importance)
    open_ = sorted((entry for entry in entries if entry[1] == "unknown" and entry[0] in required), key=_importance)
    if cut:
        return "unknown", (cut, *_unique(bad))
    if bad:
        return "invalid", _unique(bad + open_)
    return ("unknown", _unique(open_)) if open_ else ("valid", ())


def with_thresholds(check: Check, thresholds: Sequence[ThresholdOutcome]) -> Check:
    """The check with the verdict over its own finding and the thresholds on its measures, so that no two marks differ.

    A check that only measures takes the verdict of its thresholds. Another one can only become worse by them.
    """
    lines = [line for line in thresholds if judged_check(line.measure) == check.name]
    if not lines:
        return check
    worst = max(lines, key=lambda line: _SEVERITY[line.verdict])
    if _SEVERITY[worst.verdict] <= _SEVERITY[check.verdict]:
        return check
    reason = check.reason if check.reason in worst.reason else f"{worst.reason}; {check.reason}"
    return msgspec.structs.replace(check, verdict=worst.verdict, reason=reason)


def untested(checks: Sequence[Check]) -> tuple[str, ...]:
    """Checks of correctness that nothing tested, each with the reason. Overwrites count as such."""
    names = {*CORRECTNESS, StaleOverwrite.name}
    return tuple(
        f"{check.name.replace('_', ' ')}: {check.reason}"
        for check in checks
        if check.verdict == "not_exercised" and check.name in names
    )


def rests_on(thresholds: Sequence[ThresholdOutcome], promised: frozenset[str] = frozenset()) -> frozenset[str]:
    """Checks that must not be unknown in a valid run. Any other unknown check is reported as not decided."""
    return frozenset((*REQUIRED, *promised, *(judged_check(line.measure) for line in thresholds)))


def undecided(checks: Sequence[Check], required: frozenset[str]) -> tuple[str, ...]:
    """Names of the checks that are unknown and decide nothing."""
    return tuple(check.name for check in checks if check.verdict == "unknown" and check.name not in required)


def _importance(entry: tuple[str, Finding, str]) -> int:
    return _IMPORTANCE.get(entry[0], len(_IMPORTANCE))


def _unique(entries: Sequence[tuple[str, Finding, str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(labelled(name, reason) for name, _, reason in entries))


def labelled(check: str, reason: str) -> str:
    """The reason of a check as the reasons of a verdict tell it."""
    return reason if check in reason else f"{check}: {reason}"


def _unknown_when(cut: str, check: Check) -> Check:
    if not cut or check.verdict == "unknown":
        return check
    return msgspec.structs.replace(check, verdict="unknown", reason=f"{cut}; up to that point: {check.reason}")


def _late_generator(checks: Sequence[Check]) -> str:
    generator = next((check for check in checks if check.name == "generator"), None)
    if generator is None or generator.verdict != "unknown":
        return ""
    return f"the load generator could not keep up, so speeds are unknown: {generator.reason}"


def classes_of(checks: Sequence[Check]) -> dict[str, dict[str, int]]:
    """Events by delivery class and effect class, from measures named `event_classes.<delivery>.<effect>`."""
    table: dict[str, dict[str, int]] = {}
    for check in checks:
        for name, count in check.measures.items():
            parts = name.split(".")
            if len(parts) == 3 and parts[0] == "event_classes":
                table.setdefault(parts[1], {})[parts[2]] = int(count)
    return table
