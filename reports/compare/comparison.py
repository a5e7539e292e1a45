"""The data of a comparison: frozen values, the only input of the comparison's renderers.

The unit of a measure is in its name, as in `reports.result`. A latency may be infinite: owed and never reflected.
Where a field has a `name`, comparison.json holds it under that name.
"""

from typing import Final, Literal

import msgspec

from stockstorm.reports.result import Interval, TierOutcome, Verdict

ClaimVerdict = Literal["holds", "does not hold", "undecided"]

P50: Final = "sync_latency_ms.p50"
P95: Final = "sync_latency_ms.p95"
ACK: Final = "ack_time_ms.p99"
OVERSOLD: Final = "oversell.units"
LOST: Final = "lost_units.units"
# Measures that only a comparison has, with their labels.
WORK_LABELS: Final = {
    "work.cores": "CPU (cores)",
    "work.cost_points": "API cost points",
    "work.admin_calls": "Admin API calls",
    "work.statements": "database statements",
}
# Measures whose difference to the base is computed, in the order in which they are shown.
DIFFERED: Final = (
    P50,
    P95,
    ACK,
    OVERSOLD,
    LOST,
    "refused.attempts",
    "work.cores",
    "work.cost_points",
    "work.statements",
)


class SubjectInfo(msgspec.Struct, frozen=True):
    """What is known of a subject before any run. `cannot`: check -> why its architecture cannot pass it."""

    name: str
    # The guide's number of the architecture: D1 polling, D2 webhooks, D3 queue, D4 bus, D5 iPaaS.
    guide_ref: str = msgspec.field(name="row", default="")
    summary: str = ""
    parts: tuple[str, ...] = ()  # components to operate
    crash_safe: str = ""
    cannot: dict[str, str] = {}
    shortened: str = ""  # which face-value interval was shortened for a live run


class Key(msgspec.Struct, frozen=True):
    """One cell of the matrix. `rate` None: the scenario's own rates."""

    subject: str
    seed: int
    rate: float | None
    safety_stock: int

    @property
    def text(self) -> str:
        """`queue-sqs, seed 2, 200 events/s, safety stock 2`, for progress and errors."""
        rate = "" if self.rate is None else f", {self.rate:g} events/s"
        stock = f", safety stock {self.safety_stock}" if self.safety_stock else ""
        return f"{self.subject}, seed {self.seed}{rate}{stock}"


class Matrix(msgspec.Struct, frozen=True):
    """All runs of a comparison. The first subject at the first safety stock is the base of differences."""

    scenario: str
    title: str
    shows: str
    subjects: tuple[str, ...]
    seeds: tuple[int, ...]
    rates: tuple[float | None, ...]
    safety_stocks: tuple[int, ...]
    replay: str
    names: dict[str, str] = {}  # what services of the user's own are called, by subject

    def name(self, subject: str) -> str:
        """What the subject is called."""
        return self.names.get(subject, subject)

    def label(self, subject: str, safety_stock: int) -> str:
        """The name of an entry: its subject, with the safety stock where several are compared."""
        name = self.name(subject)
        return name if len(self.safety_stocks) == 1 else f"{name}, safety stock {safety_stock}"


class FailedRun(msgspec.Struct, frozen=True):
    """A run that did not complete, with its error message."""

    key: Key
    error: str


class Run(msgspec.Struct, frozen=True):
    """One seed of an entry. `report` is a path relative to the comparison's own file, or empty."""

    seed: int
    run: str
    report: str
    verdict: Verdict
    measures: dict[str, float]
    rest: str = ""  # whether it ended at rest, and what showed it


class Entry(msgspec.Struct, frozen=True):
    """One subject at one safety stock and one rate, over all seeds.

    `measures`: latencies are pooled over seeds, with block-bootstrap intervals. All others are means per run, with t
    intervals over seeds. `differences`: means per run minus the base's, paired by seed. `curve`: (share, ms) of sync
    latency.
    """

    label: str
    subject: SubjectInfo = msgspec.field(name="card")
    safety_stock: int
    rank: int | None  # equal ranks: no significant difference; None: not known to be correct, or a seed is missing
    verdict: Verdict
    correct: Verdict
    over_ceiling: str  # why its runs do not measure the architecture, naming the emulator; else empty
    reasons: tuple[str, ...]
    excused: dict[str, str]  # check -> why its architecture cannot pass it
    tiers: tuple[TierOutcome, ...]
    measures: dict[str, Interval]
    differences: dict[str, Interval]
    cores: dict[str, float]  # by process, without the load generator
    exposures: int  # sell-outs with buyers on two or more channels, over all seeds
    bound_per_exposure: float | None  # without any oversell: at most this share of exposures, at 95 %
    owed: int
    never: int
    curve: tuple[tuple[float, float], ...]
    runs: tuple[Run, ...]
    failed: tuple[FailedRun, ...]

    def value(self, measure: str) -> float | None:
        """One measure without its interval, or None when it was not measured."""
        found = self.measures.get(measure)
        return None if found is None else found.value


class GuideClaim(msgspec.Struct, frozen=True):
    """A claim of the guide, with what this comparison measured of it (`found`) and what it cannot show (`limits`)."""

    claim: str
    verdict: ClaimVerdict = msgspec.field(name="said")
    found: str
    limits: str


class RateComparison(msgspec.Struct, frozen=True):
    """All entries at one rate, best first. `floor`: (sync latency ms, oversold units that no subject can avoid)."""

    rate: float | None
    plans: dict[int, str]  # seed -> digest of the plan of every entry
    load_s: float
    entries: tuple[Entry, ...]
    headline: str
    findings: tuple[str, ...]
    claims: tuple[GuideClaim, ...]
    floor: tuple[tuple[float, float], ...]


class Comparison(msgspec.Struct, frozen=True):
    """Everything that is reported about a comparison."""

    matrix: Matrix
    base: str  # label of the entry that is subtracted in differences
    verdict: Verdict
    complete: bool
    by_rate: tuple[RateComparison, ...] = msgspec.field(name="boards")
    currency: str
    commit: str
    machine: dict[str, str]
    notes: tuple[str, ...]
