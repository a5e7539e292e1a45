"""What comparing yields: plain frozen values, the only thing that the comparison's renderers read.

Units stand in the measures' names, as in `reports.result`. Latencies may be infinite: owed and never reflected.
"""

from typing import Final, Literal

import msgspec

from stockstorm.reports.result import Interval, TierOutcome, Verdict

Said = Literal["holds", "does not hold", "cannot be said"]

P50: Final = "sync_latency_ms.p50"
P95: Final = "sync_latency_ms.p95"
ACK: Final = "ack_time_ms.p99"
OVERSOLD: Final = "oversell.units"
LOST: Final = "lost_units.units"


class Card(msgspec.Struct, frozen=True):
    """A subject as those who start it know it. `cannot`: check -> why its architecture is bound to fail it."""

    name: str
    row: str = ""  # of the guide's architectures: D1 polling, D2 webhooks, D3 queue, D4 bus, D5 iPaaS
    summary: str = ""
    parts: tuple[str, ...] = ()  # what has to be operated
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
    """What is compared on what. The first subject at the first safety stock is the base of differences."""

    scenario: str
    title: str
    shows: str
    subjects: tuple[str, ...]
    seeds: tuple[int, ...]
    rates: tuple[float | None, ...]
    safety_stocks: tuple[int, ...]
    replay: str

    def label(self, subject: str, safety_stock: int) -> str:
        """What an entry is called: its subject, with the safety stock where several are compared."""
        return subject if len(self.safety_stocks) == 1 else f"{subject}, safety stock {safety_stock}"


class Failed(msgspec.Struct, frozen=True):
    """A run that could not be played, with the error as a user reads it."""

    key: Key
    error: str


class Run(msgspec.Struct, frozen=True):
    """One seed of an entry. `report` is a path relative to the comparison's own file, or empty."""

    seed: int
    run: str
    report: str
    verdict: Verdict
    measures: dict[str, float]


class Entry(msgspec.Struct, frozen=True):
    """One subject at one safety stock and one rate, over all seeds.

    `measures`: latencies are pooled over seeds, with block-bootstrap intervals; everything else is a mean per run, with
    a t interval over seeds. `differences`: per run, less the base's, paired by seed. `curve`: (share, ms) of sync
    latency.
    """

    label: str
    card: Card
    safety_stock: int
    rank: int | None  # equal ranks cannot be told apart; None: not known to be correct, or a seed is missing
    verdict: Verdict
    correct: Verdict
    over_ceiling: str  # why its runs say nothing of the architecture, naming the emulator; else empty
    reasons: tuple[str, ...]
    excused: dict[str, str]  # check -> why its architecture cannot pass it
    tiers: tuple[TierOutcome, ...]
    measures: dict[str, Interval]
    differences: dict[str, Interval]
    cores: dict[str, float]  # by process, the generator's left out
    exposures: int  # sell-outs with buyers on two or more channels, over all seeds
    bound_per_exposure: float | None  # no oversell seen: at most this share of exposures, at 95 %
    owed: int
    never: int
    curve: tuple[tuple[float, float], ...]
    runs: tuple[Run, ...]
    failed: tuple[Failed, ...]

    def value(self, measure: str) -> float | None:
        found = self.measures.get(measure)
        return None if found is None else found.value


class Claim(msgspec.Struct, frozen=True):
    """A claim of the guide, with what this comparison can say of it (`found`) and what it cannot (`limits`)."""

    claim: str
    said: Said
    found: str
    limits: str


class Board(msgspec.Struct, frozen=True):
    """All entries at one rate, best first. `floor`: (sync latency ms, oversold units that no subject can avoid)."""

    rate: float | None
    plans: dict[int, str]  # seed -> digest of the plan that every entry played
    load_s: float
    entries: tuple[Entry, ...]
    headline: str
    findings: tuple[str, ...]
    claims: tuple[Claim, ...]
    floor: tuple[tuple[float, float], ...]


class Comparison(msgspec.Struct, frozen=True):
    """Everything that is reported about a comparison."""

    matrix: Matrix
    base: str  # label of the entry that differences are taken against
    verdict: Verdict
    complete: bool
    boards: tuple[Board, ...]
    currency: str
    commit: str
    machine: dict[str, str]
    notes: tuple[str, ...]
