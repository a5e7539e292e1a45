"""Diagnoses: each names one root cause that explains what checks found. One file each, one line in the registry.

They run after the checkers, and only where a check is invalid or unknown. One that explains no such check is not told.
They change no verdict. Where one
raises, the defect is Stockstorm's: it is left out, and a note says so.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import msgspec

from stockstorm.reports.diagnosis.app_life import NotReinstalled, ScopesMissing
from stockstorm.reports.diagnosis.applied_twice import AppliedTwice
from stockstorm.reports.diagnosis.burst_end import BurstEnd
from stockstorm.reports.diagnosis.calls_refused import CallsRefused
from stockstorm.reports.diagnosis.capped import Capped
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.diagnosis.catalogue_cut import CatalogueCut
from stockstorm.reports.diagnosis.channel_blocks_others import ChannelBlocksOthers
from stockstorm.reports.diagnosis.channel_frozen import ChannelFrozen
from stockstorm.reports.diagnosis.committed_listed import CommittedListed
from stockstorm.reports.diagnosis.dead_letters import DeadLetters
from stockstorm.reports.diagnosis.exact_units import ExactUnits
from stockstorm.reports.diagnosis.explained import without_consequences
from stockstorm.reports.diagnosis.failures_forgotten import FailuresForgotten
from stockstorm.reports.diagnosis.feed_unread import FeedUnread
from stockstorm.reports.diagnosis.few_topics import FewTopics
from stockstorm.reports.diagnosis.forgeries import Forgeries
from stockstorm.reports.diagnosis.growth import Growth
from stockstorm.reports.diagnosis.held_over import HeldOver
from stockstorm.reports.diagnosis.keys_reused import KeysReused
from stockstorm.reports.diagnosis.lacking import Lacking
from stockstorm.reports.diagnosis.lacking_at_failure import LackingAtFailure
from stockstorm.reports.diagnosis.last_units import LastUnits
from stockstorm.reports.diagnosis.listing_rule import ListingRule
from stockstorm.reports.diagnosis.lost_alone import LostAlone
from stockstorm.reports.diagnosis.lost_at_failure import LostAtFailure
from stockstorm.reports.diagnosis.lost_events import LostEvents
from stockstorm.reports.diagnosis.lost_updates import LostUpdates
from stockstorm.reports.diagnosis.miscounted import Miscounted
from stockstorm.reports.diagnosis.needless_reads import NeedlessReads
from stockstorm.reports.diagnosis.negative_level import NegativeLevel
from stockstorm.reports.diagnosis.never_pushed import NeverPushed
from stockstorm.reports.diagnosis.never_released import NeverReleased
from stockstorm.reports.diagnosis.never_sent import NeverSent
from stockstorm.reports.diagnosis.no_call import NoCall
from stockstorm.reports.diagnosis.no_timeout import NoTimeout
from stockstorm.reports.diagnosis.not_played import NotPlayed
from stockstorm.reports.diagnosis.null_level import NullLevel
from stockstorm.reports.diagnosis.old_over_new import OldOverNew
from stockstorm.reports.diagnosis.old_read import OldRead
from stockstorm.reports.diagnosis.old_retry import OldRetry
from stockstorm.reports.diagnosis.one_by_one import OneByOne
from stockstorm.reports.diagnosis.one_location import OneLocation
from stockstorm.reports.diagnosis.open_connections import OpenConnections
from stockstorm.reports.diagnosis.order_arithmetic import OrderArithmetic
from stockstorm.reports.diagnosis.outage_forgotten import OutageForgotten
from stockstorm.reports.diagnosis.overtaken import Overtaken
from stockstorm.reports.diagnosis.own_filter import OwnFilter
from stockstorm.reports.diagnosis.own_retries import OwnRetries
from stockstorm.reports.diagnosis.poison import Poison
from stockstorm.reports.diagnosis.process_ended import ProcessEnded
from stockstorm.reports.diagnosis.push_forgotten import PushForgotten
from stockstorm.reports.diagnosis.pushed_before import PushedBefore
from stockstorm.reports.diagnosis.put_back import PutBack
from stockstorm.reports.diagnosis.ranking import AT_REST, ranked
from stockstorm.reports.diagnosis.read_not_applied import ReadNotApplied
from stockstorm.reports.diagnosis.read_not_pushed import ReadNotPushed
from stockstorm.reports.diagnosis.removed import GapNotReconciled, RemovalUnnoticed
from stockstorm.reports.diagnosis.repeated_at_once import RepeatedAtOnce
from stockstorm.reports.diagnosis.retired_version import RetiredVersion
from stockstorm.reports.diagnosis.retry_after_ignored import RetryAfterIgnored
from stockstorm.reports.diagnosis.rounded import Rounded
from stockstorm.reports.diagnosis.same_difference import SameDifference
from stockstorm.reports.diagnosis.share_listed import ShareListed
from stockstorm.reports.diagnosis.signature_check import SignatureCheck
from stockstorm.reports.diagnosis.skipped_reads import SkippedReads
from stockstorm.reports.diagnosis.slow_answers import SlowAnswers
from stockstorm.reports.diagnosis.slow_recovery import SlowRecovery
from stockstorm.reports.diagnosis.small_steps import SmallSteps
from stockstorm.reports.diagnosis.stops import Stops
from stockstorm.reports.diagnosis.strange_ids import StrangeIds
from stockstorm.reports.diagnosis.sum_at_location import SumAtLocation
from stockstorm.reports.diagnosis.twice_at_failure import TwiceAtFailure
from stockstorm.reports.diagnosis.unexplained import unexplained
from stockstorm.reports.diagnosis.unknown_skus import UnknownSkus
from stockstorm.reports.diagnosis.unreachable import Unreachable
from stockstorm.reports.diagnosis.waits_for_quiet import WaitsForQuiet
from stockstorm.reports.diagnosis.waits_grow import WaitsGrow
from stockstorm.reports.diagnosis.webhook_failures import WebhookFailures
from stockstorm.reports.diagnosis.wrong_listings import WrongListings
from stockstorm.reports.diagnosis.wrong_sign import WrongSign
from stockstorm.reports.diagnosis.wrong_stock import WrongStock
from stockstorm.reports.diagnosis.wrong_token import WrongToken
from stockstorm.reports.diagnosis.wrong_units import WrongUnits
from stockstorm.reports.history import History
from stockstorm.reports.history.elsewhere import NotHeld
from stockstorm.reports.result import Check, Diagnosis

# In order of cause: what would explain everything after it comes first.
DIAGNOSES: Final[tuple[Diagnose, ...]] = (
    Poison(),
    ProcessEnded(),
    Unreachable(),
    SignatureCheck(),
    WebhookFailures(),
    NoCall(),
    HeldOver(),
    NotReinstalled(),
    RemovalUnnoticed(),
    GapNotReconciled(),
    OwnFilter(),
    WrongToken(),
    ScopesMissing(),
    NotPlayed(),
    StrangeIds(),
    RetiredVersion(),
    CallsRefused(),
    NoTimeout(),
    OutageForgotten(),
    FailuresForgotten(),
    PushForgotten(),
    KeysReused(),
    ChannelBlocksOthers(),
    OldRetry(),
    SlowRecovery(),
    RetryAfterIgnored(),
    FewTopics(),
    FeedUnread(),
    NeverSent(),
    CatalogueCut(),
    Forgeries(),
    NullLevel(),
    SumAtLocation(),
    LostUpdates(),
    UnknownSkus(),
    DeadLetters(),
    Stops(),
    NegativeLevel(),
    OneLocation(),
    ChannelFrozen(),
    NeverPushed(),
    ListingRule(),
    SameDifference(),
    CommittedListed(),
    ShareListed(),
    Rounded(),
    WrongSign(),
    LastUnits(),
    BurstEnd(),
    SkippedReads(),
    ReadNotApplied(),
    LostAtFailure(),
    Capped(),
    OrderArithmetic(),
    LostEvents(),
    TwiceAtFailure(),
    AppliedTwice(),
    WrongUnits(),
    ExactUnits(),
    OldOverNew(),
    PutBack(),
    SmallSteps(),
    Overtaken(),
    PushedBefore(),
    OldRead(),
    LackingAtFailure(),
    ReadNotPushed(),
    NeverReleased(),
    Miscounted(),
    WrongListings(),
    Lacking(),
    WrongStock(),
    LostAlone(),
    WaitsGrow(),
    SlowAnswers(),
    WaitsForQuiet(),
    OneByOne(),
    NeedlessReads(),
    OwnRetries(),
    RepeatedAtOnce(),
    OpenConnections(),
    Growth(),
)
WHERE_HELD: Final = "diagnoses"  # the question to a process that has facts which this one lacks
RIVAL_SHARE: Final = 0.5  # of what either explains is explained by the other too


def diagnose(
    history: History, checks: tuple[Check, ...], diagnoses: Sequence[Diagnose] = DIAGNOSES
) -> tuple[tuple[Diagnosis, ...], tuple[str, ...]]:
    """The diagnoses in order of cause, and notes on those that failed. Nothing for a run without a flaw."""
    found, notes = find(history, checks, diagnoses)
    return told(found), notes


def told(found: Sequence[Found]) -> tuple[Diagnosis, ...]:
    """What was found as it is reported: each with the names of its rivals."""
    return tuple(_with_rivals(each, found) for each in found)


def find(
    history: History, checks: tuple[Check, ...], diagnoses: Sequence[Diagnose] = DIAGNOSES
) -> tuple[list[Found], tuple[str, ...]]:
    """The same with the keys of what each explains."""
    case = Case(history, checks)
    if not case.failing:
        return [], ()
    found: list[Found] = []
    notes: list[str] = []
    there: dict[str, list[Found]] = history.elsewhere.answer(WHERE_HELD, checks) or {}
    for one in diagnoses:
        known = {each.diagnosis.name for each in found}
        if known.intersection(one.after) or not _possible(one, case):
            continue
        try:
            made = there[one.name] if one.name in there else one(case)
            found += [each for each in made if each.diagnosis.explains]
        except Exception as error:  # noqa: BLE001  # as for a checker that raises: the rest must still be reported
            notes.append(f"the diagnosis {one.name} failed: {type(error).__name__}: {error}")
    with suppress(NotHeld):
        found = without_consequences(found, history)
        if not any(AT_REST in each.diagnosis.explains for each in found):
            found += unexplained(case)
    return ranked(found, case), tuple(notes)


def _possible(one: Diagnose, case: Case) -> bool:
    return (case.at_rest or not one.at_rest) and (not one.checks or bool(case.consequences(*one.checks)))


def diagnose_where_held(history: History, checks: tuple[Check, ...]) -> dict[str, list[Found]]:
    """What each diagnosis finds, by its name. Left out: those that need facts which this process lacks, or that fail.

    Those are found, or fail, in the other process.
    """
    case, found = Case(history, checks), dict[str, list[Found]]()
    for one in DIAGNOSES:
        if _possible(one, case):
            with suppress(NotHeld, Exception):
                found[one.name] = list(one(case))
    return found


def _with_rivals(one: Found, found: Sequence[Found]) -> Diagnosis:
    rivals = [other.diagnosis.name for other in found if other is not one and _fits_too(one, other)]
    return msgspec.structs.replace(one.diagnosis, fits_too=tuple(dict.fromkeys(rivals))) if rivals else one.diagnosis


def _fits_too(one: Found, other: Found) -> bool:
    both = len(one.covers & other.covers)
    return both > 0 and both >= RIVAL_SHARE * max(len(one.covers), len(other.covers))
