"""What the first screen of every form shows: the causes, then the reasons that no cause explains, and what is left.

A consequence folds under its cause: its reason is not repeated, and its check names the cause.
"""

from typing import Final

import msgspec

from stockstorm.reports.result import Diagnosis, Result, counted
from stockstorm.reports.verdict.judge import labelled
from stockstorm.reports.verdict.thresholds import judged_check

OF_PROCESSES: Final = frozenset({"process_ended", "unreachable"})  # these hold what `Result.unplanned` tells
CAUSES_SHOWN: Final = 6
EXPLAINED_MAX: Final = 8  # checks that are named; more say only that it explains nearly all


class FirstScreen(msgspec.Struct, frozen=True):
    """The parts in their order."""

    causes: tuple[Diagnosis, ...]
    more_causes: int
    unplanned: tuple[str, ...]  # without what a cause tells
    reasons: tuple[str, ...]  # without those that a cause explains
    folded: int  # how many it explains


def first_screen(result: Result) -> FirstScreen:
    """Causes first; without any, everything as it was found."""
    causes = result.diagnoses[:CAUSES_SHOWN]
    explained = {name for cause in result.diagnoses for name in cause.explains}
    hidden = {labelled(check.name, check.reason) for check in result.checks if check.name in explained}
    for line in result.thresholds:
        if (name := judged_check(line.measure)) in explained:
            hidden.add(labelled(name, line.reason))
    reasons = tuple(_in_words(reason) for reason in result.reasons if reason not in hidden)
    told = OF_PROCESSES & {cause.name for cause in result.diagnoses}
    return FirstScreen(
        causes,
        len(result.diagnoses) - len(causes),
        () if told else result.unplanned,
        reasons,
        len(result.reasons) - len(reasons),
    )


def _in_words(reason: str) -> str:
    """ "nothing lost: 2 of 90 …" for "nothing_lost: 2 of 90 …"."""
    name, colon, rest = reason.partition(": ")
    return f"{name.replace('_', ' ')}{colon}{rest}" if name.isidentifier() else reason


def cause_of(result: Result, check: str) -> str:
    """The numbers of the causes that explain a check: "1", "1, 3". Empty if none does."""
    return ", ".join(str(number) for number, cause in enumerate(result.diagnoses, 1) if check in cause.explains)


def consequences_text(cause: Diagnosis) -> str:
    """ "It explains nothing lost, drift." Empty if it explains no check."""
    if not cause.explains:
        return ""
    if len(cause.explains) > EXPLAINED_MAX:
        return f"explains {len(cause.explains)} of the checks below"
    return f"explains {', '.join(name.replace('_', ' ') for name in cause.explains)}"


def rivals_text(cause: Diagnosis) -> str:
    """That other diagnoses fit the same evidence; else empty."""
    if not cause.fits_too:
        return ""
    return f"the same evidence also fits: {', '.join(name.replace('_', ' ') for name in cause.fits_too)}"


def folded_text(screen: FirstScreen) -> str:
    """How many reasons the causes explain; else empty."""
    if not screen.folded:
        return ""
    verb = "follows" if screen.folded == 1 else "follow"
    return (
        f"{counted(screen.folded, 'more finding')} {verb} from the cause{'s' if len(screen.causes) > 1 else ''} above"
    )
