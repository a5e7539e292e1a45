"""The hot paths of the product, each measured in calibration loops: `python -m tests.benchmarks.hot_paths [--write]`.

A round runs the loop and then the path, in CPU time. The fastest of all rounds counts on either side, because other
work on the machine only makes a round slower. The quotient is compared to `baseline.json`, which `--write` writes anew.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from stockstorm.reports.collector import collector_paused
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
ROUNDS: Final = 8
ROUND_MIN_S: Final = 0.02  # a round repeats a path until it takes at least as long
DELIVERIES: Final = 500
OK: Final = Answer(AT_NS, AT_NS, AT_NS, AT_NS, AT_NS, status=200)

Round = Callable[[], object]


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


class _Stored:
    """A modelled run on disk, of a few ten thousand facts."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "history.jsonl.zst"
        self.file.write_bytes(sealed(list(as_written(run_model(trade(6), Behaviour(), 1).facts)), per_block=5_000))
        self.facts = read_facts(self.file).facts
        self.history = History.of(self.facts)
        self.result = judge(self.history)


def hot_paths(folder: Path) -> Mapping[str, Callable[[], Round]]:
    """By name: what prepares a path and returns one run of it. `folder`: for files."""
    stored: list[_Stored] = []
    played: list[Played] = []

    def of_run(use: Callable[[_Stored], object]) -> Round:
        stored.extend([] if stored else [_Stored(folder)])
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


def loops(run: Round) -> float:
    """Calibration loops that one run of a path takes."""
    run()  # caches and lazy imports
    times = max(1, round(ROUND_MIN_S / max(1e-6, _seconds(run, 1))))
    measured = [(calibration_s(), _seconds(run, times)) for _ in range(ROUNDS)]
    return min(took for _, took in measured) / times / min(loop for loop, _ in measured)


def _seconds(run: Round, times: int) -> float:
    with collector_paused():
        begun = time.process_time()
        for _ in range(times):
            run()
        return time.process_time() - begun


def too_slow(run: Round, baseline: float, attempts: int = ATTEMPTS) -> float | None:
    """By what factor a path is slower than its baseline; None where one of a few measurements is within the limit."""
    factors = []
    for _ in range(attempts):
        factors.append(loops(run) / baseline)
        if factors[-1] <= SLOWER_MAX:
            return None
    return min(factors)


def baseline() -> dict[str, float]:
    """The stored loops of each path."""
    return msgspec.json.decode(BASELINE.read_bytes(), type=dict[str, float])


def main(folder: Path, *, write: bool) -> int:
    """Prints each path with its loops and its factor over the baseline."""
    known, found = baseline() if BASELINE.is_file() else {}, dict[str, float]()
    for name, prepare in hot_paths(folder).items():
        run = prepare()
        found[name] = min(loops(run) for _ in range(ATTEMPTS if write else 1))
        factor = f"{found[name] / known[name]:8.2f} x" if name in known else "     new"
        sys.stdout.write(f"{name:32} {found[name]:10.4f} loops {factor}\n")
    if write:
        kept = {name: float(f"{value:.3g}") for name, value in found.items()}
        BASELINE.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=2) + b"\n")
    return 0


if __name__ == "__main__":
    import tempfile

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="store what is measured as the new baseline")
    with tempfile.TemporaryDirectory() as made:
        sys.exit(main(Path(made), write=parser.parse_args().write))
