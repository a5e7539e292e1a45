"""Diagnoses: each names one root cause that explains what checks found. One file each, one line in the registry.

They run after the checkers, and only where a check is invalid or unknown. One that explains no such check is not told.
They change no verdict. Where one
raises, the defect is Stockstorm's: it is left out, and a note says so.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from stockstorm.reports.diagnosis.app_life import NotReinstalled, ScopesMissing
from stockstorm.reports.diagnosis.applied_twice import AppliedTwice
from stockstorm.reports.diagnosis.calls_refused import CallsRefused
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.diagnosis.channel_frozen import ChannelFrozen
from stockstorm.reports.diagnosis.dead_letters import DeadLetters
from stockstorm.reports.diagnosis.exact_units import ExactUnits
from stockstorm.reports.diagnosis.failures_forgotten import FailuresForgotten
from stockstorm.reports.diagnosis.few_topics import FewTopics
from stockstorm.reports.diagnosis.forgeries import Forgeries
from stockstorm.reports.diagnosis.growth import Growth
from stockstorm.reports.diagnosis.lost_alone import LostAlone
from stockstorm.reports.diagnosis.lost_at_failure import LostAtFailure
from stockstorm.reports.diagnosis.lost_events import LostEvents
from stockstorm.reports.diagnosis.lost_updates import LostUpdates
from stockstorm.reports.diagnosis.no_call import NoCall
from stockstorm.reports.diagnosis.not_played import NotPlayed
from stockstorm.reports.diagnosis.old_over_new import OldOverNew
from stockstorm.reports.diagnosis.overtaken import Overtaken
from stockstorm.reports.diagnosis.own_retries import OwnRetries
from stockstorm.reports.diagnosis.process_ended import ProcessEnded
from stockstorm.reports.diagnosis.push_forgotten import PushForgotten
from stockstorm.reports.diagnosis.signature_check import SignatureCheck
from stockstorm.reports.diagnosis.slow_answers import SlowAnswers
from stockstorm.reports.diagnosis.small_steps import SmallSteps
from stockstorm.reports.diagnosis.stops import Stops
from stockstorm.reports.diagnosis.strange_ids import StrangeIds
from stockstorm.reports.diagnosis.twice_at_failure import TwiceAtFailure
from stockstorm.reports.diagnosis.unreachable import Unreachable
from stockstorm.reports.diagnosis.webhook_failures import WebhookFailures
from stockstorm.reports.diagnosis.wrong_listings import WrongListings
from stockstorm.reports.diagnosis.wrong_stock import WrongStock
from stockstorm.reports.diagnosis.wrong_token import WrongToken
from stockstorm.reports.diagnosis.wrong_units import WrongUnits
from stockstorm.reports.history import History
from stockstorm.reports.result import Check, Diagnosis

# In order of cause: what would explain everything after it comes first.
DIAGNOSES: Final[tuple[Diagnose, ...]] = (
    ProcessEnded(),
    Unreachable(),
    SignatureCheck(),
    WebhookFailures(),
    NoCall(),
    NotReinstalled(),
    WrongToken(),
    ScopesMissing(),
    NotPlayed(),
    StrangeIds(),
    CallsRefused(),
    FailuresForgotten(),
    FewTopics(),
    Forgeries(),
    LostUpdates(),
    DeadLetters(),
    Stops(),
    ChannelFrozen(),
    LostAtFailure(),
    LostEvents(),
    TwiceAtFailure(),
    AppliedTwice(),
    WrongUnits(),
    ExactUnits(),
    OldOverNew(),
    SmallSteps(),
    Overtaken(),
    PushForgotten(),
    WrongListings(),
    WrongStock(),
    LostAlone(),
    SlowAnswers(),
    OwnRetries(),
    Growth(),
)
RIVAL_SHARE: Final = 0.5  # of what either explains is explained by the other too


def diagnose(
    history: History, checks: tuple[Check, ...], diagnoses: Sequence[Diagnose] = DIAGNOSES
) -> tuple[tuple[Diagnosis, ...], tuple[str, ...]]:
    """The diagnoses in order of cause, and notes on those that failed. Nothing for a run without a flaw."""
    case = Case(history, checks)
    if not case.failing:
        return (), ()
    found: list[Found] = []
    notes: list[str] = []
    for one in diagnoses:
        known = {each.diagnosis.name for each in found}
        if known.intersection(one.after) or (one.at_rest and not case.at_rest):
            continue
        try:
            found += [each for each in one(case) if each.diagnosis.explains]
        except Exception as error:  # noqa: BLE001  # as for a checker that raises: the rest must still be reported
            notes.append(f"the diagnosis {one.name} failed: {type(error).__name__}: {error}")
    return tuple(_with_rivals(each, found) for each in found), tuple(notes)


def _with_rivals(one: Found, found: Sequence[Found]) -> Diagnosis:
    rivals = [other.diagnosis.name for other in found if other is not one and _fits_too(one, other)]
    return msgspec.structs.replace(one.diagnosis, fits_too=tuple(dict.fromkeys(rivals))) if rivals else one.diagnosis


def _fits_too(one: Found, other: Found) -> bool:
    both = len(one.covers & other.covers)
    return both > 0 and both >= RIVAL_SHARE * max(len(one.covers), len(other.covers))
