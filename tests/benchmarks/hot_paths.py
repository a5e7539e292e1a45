"""The hot paths of the product, and how pytest-benchmark measures each in calibration loops.

Before each round of a path the calibration loop runs, both in CPU time. The fastest of ROUNDS counts on either side,
because other work on the machine only makes a round slower. Their quotient does not depend on the machine's speed, and
is compared to the one in `baseline.json`, which is pytest-benchmark's own report without what tells of a machine.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import msgspec

from stockstorm.reports.history import History
from stockstorm.reports.history_file import read_facts
from stockstorm.reports.render.figures import draw_all
from stockstorm.reports.render.view import RunView
from stockstorm.reports.verdict.judge import judge
from stockstorm.simulator.delivery.attempts import Answer
from stockstorm.simulator.model import Topic
from tests.benchmarks.bought import buys
from tests.benchmarks.judging import calibration_s
from tests.benchmarks.played import PLAYED, Played
from tests.benchmarks.traded import trade
from tests.delivery_service import DeliverySetup, config
from tests.literal_shop import AT_NS, order_event, stock_event
from tests.modelled.run import run_model
from tests.modelled.subject import Behaviour
from tests.stored_history import as_written, sealed

BASELINE: Final = Path(__file__).with_name("baseline.json")
# Times the baseline: a slow-down by 30 % is more, in each of ATTEMPTS measurements. CI allows for other processors.
SLOWER_MAX: Final = float(os.environ.get("STOCKSTORM_SLOWER_MAX", "1.25"))
ATTEMPTS: Final = 4
ROUNDS: Final = 8  # of one attempt
ROUND_MIN_S: Final = 0.02  # a round repeats a path until it takes at least as long
LOOPS: Final = "loops"  # of the calibration, that one run of a path takes
DELIVERIES: Final = 500
OK: Final = Answer(AT_NS, AT_NS, AT_NS, AT_NS, AT_NS, status=200)

Round = Callable[[], object]


class Rounds(Protocol):
    """CPU seconds of each round."""

    data: list[float]


class Measured(Protocol):
    """What the fixture has after its rounds."""

    stats: Rounds


class Benchmark(Protocol):
    """The part of pytest-benchmark's fixture that is used here; it has no types of its own."""

    stats: Measured | None  # None: benchmarks are switched off
    extra_info: dict[str, float]

    def pedantic(self, target: Round, *, setup: Round, rounds: int) -> object:
        """Runs `setup` and then `target`, so many times."""
        ...


def _deliveries(topic: Topic) -> Round:
    """Plan, payload, signature, head and outcome of events with one subscription."""
    setup = DeliverySetup(config())
    setup.subscribe(topic)
    stock = topic == "inventory_levels/update"
    events = [stock_event(n, available=n) if stock else order_event(topic, serial=n) for n in range(DELIVERIES)]

    def deliver() -> None:
        for event in events:
            (outgoing,) = setup.deliveries.fire((event,), AT_NS).attempts
            setup.deliveries.answered(outgoing, OK)

    return deliver


class _StoredRun:
    """A modelled run on disk, of a few ten thousand facts."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "history.jsonl.zst"
        self.file.write_bytes(sealed(list(as_written(run_model(trade(6), Behaviour(), 1).facts)), per_block=5_000))
        self.facts = read_facts(self.file).facts
        self.history = History.of(self.facts)
        self.result = judge(self.history)


def hot_paths(folder: Path) -> Mapping[str, Callable[[], Round]]:
    """By name: what prepares a path and returns one run of it. `folder`: for files."""
    stored: list[_StoredRun] = []
    played: list[Played] = []

    def of_run(use: Callable[[_StoredRun], object]) -> Round:
        stored.extend([] if stored else [_StoredRun(folder)])
        return partial(use, stored[0])

    def of_api(name: str) -> Round:
        played.extend([] if played else [Played()])
        return PLAYED[name](played[0])

    return {
        "deliver stock": partial(_deliveries, "inventory_levels/update"),
        "deliver orders": partial(_deliveries, "orders/create"),
        "buy in the own store": partial(buys, "online"),
        "buy on a marketplace": partial(buys, "bazaar"),
        **{name: partial(of_api, name) for name in PLAYED},
        "read a history": lambda: of_run(lambda one: read_facts(one.file)),
        "judge a history": lambda: of_run(lambda one: judge(History.of(one.facts))),
        "draw the charts": lambda: of_run(lambda one: draw_all(RunView(one.result, one.history))),
    }


def measured(benchmark: Benchmark, run: Round, enough: float = 0.0) -> float | None:
    """Calibration loops that one run of a path takes, in the best attempt. None where benchmarks are switched off.

    Attempts end with the first that takes no more than `enough` loops. Pytest-benchmark shows those of the first one,
    or of all of them where none is enough.
    """
    times, loops_s = runs_a_round(run), list[float]()

    def repeated() -> None:
        for _ in range(times):
            run()

    attempts = 1 if enough else ATTEMPTS
    benchmark.pedantic(repeated, setup=lambda: loops_s.append(calibration_s()), rounds=attempts * ROUNDS)
    if benchmark.stats is None:
        return None
    found = best(benchmark.stats.stats.data, loops_s) / times
    while found > enough and attempts < ATTEMPTS:
        found, attempts = min(found, measured_alone(run, times)), attempts + 1
    benchmark.extra_info["runs a round"] = times
    benchmark.extra_info[LOOPS] = float(f"{found:.3g}")
    return benchmark.extra_info[LOOPS]


def measured_alone(run: Round, times: int, attempts: int = 1) -> float:
    """The same without pytest-benchmark."""
    rounds_s, loops_s = list[float](), list[float]()
    for _ in range(attempts * ROUNDS):
        loops_s.append(calibration_s())
        begun = time.process_time()
        for _ in range(times):
            run()
        rounds_s.append(time.process_time() - begun)
    return best(rounds_s, loops_s) / times


def runs_a_round(run: Round) -> int:
    """How often a round repeats a path."""
    run()  # caches and lazy imports
    begun = time.process_time()
    run()
    return max(1, round(ROUND_MIN_S / max(1e-6, time.process_time() - begun)))


def best(rounds_s: Sequence[float], loops_s: Sequence[float]) -> float:
    """The least quotient of all attempts, each of the fastest of its rounds and the fastest of its loops."""
    begins = range(0, len(rounds_s), ROUNDS)
    return min(min(rounds_s[at : at + ROUNDS]) / min(loops_s[at : at + ROUNDS]) for at in begins)


class _Stored(msgspec.Struct, frozen=True):
    """One benchmark in a report of pytest-benchmark."""

    param: str
    extra_info: dict[str, float]


class _Report(msgspec.Struct, frozen=True):
    benchmarks: tuple[_Stored, ...]


def baseline() -> dict[str, float]:
    """The stored loops of each path."""
    report = msgspec.json.decode(BASELINE.read_bytes(), type=_Report)
    return {one.param: one.extra_info[LOOPS] for one in report.benchmarks}
