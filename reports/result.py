"""The result of judging a history: frozen values, which renderers read together with the history.

`Tally` collects the incidents of one check. It counts all of them and keeps the first `INCIDENTS_KEPT`.
"""

import re
import signal
from contextlib import suppress
from typing import Any, Final, Literal, TypeVar

import msgspec

from stockstorm.scenarios.tiers import TierName

Verdict = Literal["valid", "invalid", "unknown"]  # of a run, a threshold, a tier
# Of a check. "not_exercised": what it tests never occurred. "measured": it only measures, and never judges.
Finding = Verdict | Literal["not_exercised", "measured"]


CLOCK: Final = slice(11, 23)  # of 2026-11-27T10:03:04.123Z
StepKind = Literal[
    "order", "event", "delivery", "attempt", "outcome", "read", "call", "write", "push", "listing", "missing"
]
Side = Literal["", "first", "second"]


class Step(msgspec.Struct, frozen=True):
    """One thing that happened on the way to an incident, in the words of the subject's own log."""

    at_ns: int  # monotonic
    wall: str  # the same in UTC: "2026-11-27T10:03:04.123Z"
    kind: StepKind  # "missing": what should have happened and did not
    text: str  # one sentence
    ids: dict[str, str] = {}  # what the subject can find in its log, by name: "webhook id", "request id", "order"
    side: Side = ""  # of two writers of one quantity, which one: the one that was erased, or the one that erased it


class Incident(msgspec.Struct, frozen=True):
    """One thing that went wrong, with its cause. `at_ns` is monotonic."""

    kind: str  # oversell, lost, applied_twice, stale_overwrite, forged_accepted, drift, …
    at_ns: int
    text: str  # one sentence
    channel: str = ""
    sku: str = ""
    order: int = -1
    units: int = 0
    value_minor: int = 0
    events: tuple[int, ...] = ()  # causing events
    details: dict[str, str] = {}
    deliveries: tuple[int, ...] = ()  # that it is about, where it is about no event
    requests: tuple[int, ...] = ()  # API calls that it is about
    erased: tuple[int, ...] = ()  # API calls whose effect they erased; shown beside them
    wall: str = ""  # `at_ns` in UTC: "2026-11-27T10:03:04.123Z"
    chain: tuple[Step, ...] = ()  # what led to it, in order of time; for the first CHAINS_KEPT of a check

    @property
    def told(self) -> str:
        """Its text after the time in UTC, which the subject's own log has too: "10:03:04.123 bazaar sold …"."""
        return f"{self.wall[CLOCK]} {self.text}" if self.wall else self.text


class Check(msgspec.Struct, frozen=True):
    """What one checker found. `measures`: numbers by name (`sync_latency_ms.p95`). They may be infinite."""

    name: str
    verdict: Finding
    reason: str  # why, in one sentence; never empty
    measures: dict[str, float] = {}
    incidents: tuple[Incident, ...] = ()  # the first INCIDENTS_KEPT
    incidents_total: int = 0
    notes: tuple[str, ...] = ()  # e.g. "net only"
    at_least: str = ""  # why its measures can only be higher, e.g. "12 movements were still pending"; else empty
    exposure: dict[str, int] = {}  # how often what it tests occurred, in words: "delivered again within 5 ms": 6


class ThresholdOutcome(msgspec.Struct, frozen=True):
    """One line of [expect]."""

    measure: str
    condition: str  # "< 2000"
    found: float | None  # None: not measured
    verdict: Finding  # "not_exercised": the condition holds, but nothing tested it
    reason: str


class TierOutcome(msgspec.Struct, frozen=True):
    """Whether the subject qualifies for a tier, by sync latency p95 and its interval."""

    tier: TierName
    limit_ms: float
    verdict: Verdict
    reason: str


class Interval(msgspec.Struct, frozen=True):
    """A measured quantile with its 95 % block-bootstrap interval, whose ends are None when there is too little data."""

    value: float
    low: float | None
    high: float | None


class Diagnosis(msgspec.Struct, frozen=True):
    """A cause that explains what checks found, proven by the history."""

    name: str  # of the diagnosis, e.g. "signature_check"
    cause: str  # one sentence with its figures: "341 of 341 deliveries answered 401: the signature check differs"
    evidence: tuple[str, ...]  # sentences; never empty
    remedy: str  # what to look at, in the user's service
    explains: tuple[str, ...] = ()  # names of the checks that are its consequences
    at_ns: int = 0  # monotonic; when it began. 0: throughout
    fits_too: tuple[str, ...] = ()  # names of other diagnoses that the same evidence fits


class TopicOutcome(msgspec.Struct, frozen=True):
    """What the subject did with the events of one topic of one source."""

    source: str
    topic: str
    events: int
    answers: dict[str, int]  # attempts by status, e.g. "200": 3; "not subscribed to": events
    effects: dict[str, int]  # events by class of effect, e.g. "once": 3


class Result(msgspec.Struct, frozen=True):
    """Everything that is reported about a run."""

    run: str
    scenario: str
    seed: int
    plan_digest: str
    subject: str
    verdict: Verdict
    reasons: tuple[str, ...]  # why the verdict is not valid, most important first
    tiers: tuple[TierOutcome, ...]
    checks: tuple[Check, ...]
    thresholds: tuple[ThresholdOutcome, ...]
    measures: dict[str, float]  # the measures of all checks
    intervals: dict[str, Interval]
    event_classes: dict[str, dict[str, int]]  # delivery class -> effect class -> events
    notes: tuple[str, ...]
    commit: str
    versions: dict[str, str]
    machine: dict[str, str]
    replay: str
    started_wall_ns: int
    duration_ns: int
    unplanned: tuple[str, ...] = ()  # what happened to the subject that nobody planned: the first cause of the rest
    rest: str = ""  # whether the run ended at rest, and what showed it; empty in results of older versions
    diagnoses: tuple[Diagnosis, ...] = ()  # in order of cause
    level: str = ""  # what the subject does, and so what it is judged on; empty in results of older versions
    untested: tuple[str, ...] = ()  # what a valid run would normally claim, and this one did not test
    topics: tuple[TopicOutcome, ...] = ()  # of a run of few events
    undecided: tuple[
        str, ...
    ] = ()  # names of checks that are unknown and decide nothing: the verdict claims neither way

    def undecided_text(self) -> str:
        """These checks with their reasons; empty if there are none."""
        told = (check for check in self.checks if check.name in self.undecided)
        return "; ".join(f"{check.name.replace('_', ' ')}: {check.reason}" for check in told)


INCIDENTS_KEPT: Final = 200
CHAINS_KEPT: Final = 25  # incidents of a check with the chain that led to them


class Tally:
    """Incidents of one check. `total` is exact."""

    def __init__(self) -> None:
        self.kept: list[Incident] = []
        self.total = 0

    @property
    def full(self) -> bool:
        """Whether further incidents are only counted, so that callers can skip their texts."""
        return self.total >= INCIDENTS_KEPT

    def count(self, incidents: int = 1) -> None:
        """Count incidents without keeping them."""
        self.total += incidents

    def add(self, incident: Incident) -> None:
        """Count one incident, and keep it unless the tally is full."""
        if not self.full:
            self.kept.append(incident)
        self.total += 1

    def check(
        self,
        name: str,
        verdict: Finding,
        reason: str,
        measures: dict[str, float],
        notes: tuple[str, ...] = (),
        exposure: dict[str, int] | None = None,
    ) -> Check:
        """The check with these incidents in order of time."""
        kept = tuple(sorted(self.kept, key=lambda incident: incident.at_ns))
        return Check(name, verdict, reason, measures, kept, self.total, notes, exposure=exposure or {})


def unknown(name: str, reason: str, measures: dict[str, float] | None = None, notes: tuple[str, ...] = ()) -> Check:
    """A check that the history does not hold enough data for."""
    return Check(name, "unknown", reason, measures or {}, notes=notes)


def units(count: int) -> str:
    """ "1 unit", "3 units"."""
    return counted(count, "unit")


def counted(count: int, word: str, several: str = "") -> str:
    """ "1 event", "3 events". `several`: the plural, where it is not the word with an s."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {several or f'{word}s'}"


def verb(count: int, plural: str) -> str:
    """The form that fits a count: "passes" of 1, "pass" of 3."""
    return _OF_ONE.get(plural, f"{plural}s") if count == 1 else plural


def exit_text(code: int) -> str:
    """ "with exit code 3", or "by signal 9 (SIGKILL)". A negative code is the number of a signal."""
    if code >= 0:
        return f"with exit code {code}"
    name = ""
    with suppress(ValueError):
        name = f" ({signal.Signals(-code).name})"
    return f"by signal {-code}{name}"


_OF_ONE: Final = {"are": "is", "were": "was", "have": "has", "do": "does", "pass": "passes"}
# Control characters, which a terminal would obey, and what XML cannot hold: lone surrogates and noncharacters.
_UNPRINTABLE: Final = re.compile(
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff\\ufffe\\uffff]"
)
M = TypeVar("M", bound=msgspec.Struct)


def printable(text: str) -> str:
    """The text with a replacement character for every sign that a terminal or XML must not get."""
    return _UNPRINTABLE.sub("\ufffd", text)


def printable_in(value: M) -> M:
    """The same for every text of a value."""
    return msgspec.convert(_cleaned(msgspec.to_builtins(value)), type(value))


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(each) for key, each in value.items()}
    return [_cleaned(each) for each in value] if isinstance(value, list | tuple) else value
