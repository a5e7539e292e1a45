"""CPU time per event beside k6 and plain Locust, and lateness of attempts: `python tests/benchmarks/compare.py`.

Stockstorm, k6 and plain Locust send the same mix of event bodies, each unique and signed, at the same rate to the same
receiver, in interleaved rounds. Writes runs/bench/compare.json and prints a table. Use the ratios: other work on the
machine changes the figures of all three.
"""

import argparse
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from tests.running import ROOT

sys.path.insert(0, str(ROOT))

from tests.benchmarks import generators
from tests.benchmarks.generators import Receiver, Run, Script

WANTED = {"k6": 1.8, "locust": 3.0}
LATENESS_P99_MAX_MS = 1.5
PORT = 18_711


class Sizes(msgspec.Struct, frozen=True):
    """How long everything takes."""

    rounds: int
    seconds: float
    rate: float
    ramp_seconds: float
    ramp_factor: float
    splice: bool = False


FULL = Sizes(rounds=3, seconds=6, rate=4_000, ramp_seconds=3, ramp_factor=1.25)
QUICK = Sizes(rounds=1, seconds=4, rate=4_000, ramp_seconds=2, ramp_factor=1.5)


def main() -> int:
    sizes = _arguments()
    folder = ROOT / "runs" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    receiver = Receiver(PORT)
    try:
        script = Script(_samples(receiver, folder), sizes.rate, sizes.seconds, sizes.splice)
        runs = _rounds(receiver, sizes, folder, script)
        few = generators.run_locust(receiver, script, users=max(10, round(sizes.rate / 40)))
        _show_rounds(runs, few)
        ratios = {other: _ratio(runs, other) for other in WANTED}
        greatest = _greatest_rate(receiver, sizes, folder)
        half = generators.run_ours(receiver, greatest / 2, max(5.0, sizes.seconds), folder)
    finally:
        receiver.stop()
    met = _show_verdicts(ratios, greatest, half)
    result = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "cores": os.cpu_count(),
        "load_average": os.getloadavg(),
        "sizes": sizes,
        "rounds": runs,
        "locust_few_users": few,
        "ratios": ratios,
        "greatest_rate": greatest,
        "half": half,
        "met": met,
    }
    (folder / "compare.json").write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=2))
    _print(f"\nWritten to {folder / 'compare.json'}")
    return 0 if all(met.values()) else 1


def _arguments() -> Sizes:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round, under a minute")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float, help="of load in each run")
    parser.add_argument("--rate", type=float, help="events a second in the rounds")
    cheap = "the others splice an id into constant text instead of serialising an event"
    parser.add_argument("--splice", action="store_true", help=cheap)
    given = parser.parse_args()
    sizes = msgspec.structs.replace(QUICK if given.quick else FULL, splice=given.splice)
    changes = {name: value for name in ("rounds", "seconds", "rate") if (value := getattr(given, name)) is not None}
    return msgspec.structs.replace(sizes, **changes)


def _samples(receiver: Receiver, folder: Path) -> Path:
    """Bodies out of our own plan, in its mix, for the other generators to make unique."""
    path = folder / "samples.json"
    url = f"{receiver.url}/webhooks"
    generators.checked([sys.executable, "-m", "tests.benchmarks.samples", "--url", url, "--out", str(path)])
    return path


def _rounds(receiver: Receiver, sizes: Sizes, folder: Path, script: Script) -> list[list[Run]]:
    rounds = []
    start_s = generators.k6_start_s(receiver, script)
    for number in range(sizes.rounds):
        _print(f"round {number + 1} of {sizes.rounds}: ours, k6, locust at {sizes.rate:,.0f} events/s …")
        rounds.append(
            [
                generators.run_ours(receiver, sizes.rate, sizes.seconds, folder),
                generators.run_k6(receiver, script, start_s),
                generators.run_locust(receiver, script),
            ]
        )
    return rounds


def _greatest_rate(receiver: Receiver, sizes: Sizes, folder: Path) -> float:
    """The last rate of a ramp that was sent in time (p99 of lateness under 50 ms) and acknowledged whole."""
    greatest, rate = sizes.rate / 2, sizes.rate
    while rate <= 40_000:
        run = generators.run_ours(receiver, rate, sizes.ramp_seconds, folder)
        late_ms = run.details["lateness_p99_ms"]
        holds = not run.details["failed"] and late_ms < 50 and run.details["drained_after_s"] < 1
        _print(f"ramp: {rate:,.0f}/s {'holds' if holds else 'does not hold'}, p99 {late_ms:.1f} ms late")
        if not holds:
            break
        greatest, rate = rate, rate * sizes.ramp_factor
    return greatest


def _ratio(rounds: list[list[Run]], other: str) -> dict[str, float]:
    """Rival's processor time per event by ours, in each round."""
    ratios = [next(run.cpu_us for run in runs if run.generator == other) / runs[0].cpu_us for runs in rounds]
    return {"median": statistics.median(ratios), "least": min(ratios), "greatest": max(ratios)}


def _show_rounds(rounds: list[list[Run]], few: Run) -> None:
    _print("\ngenerator         round   acknowledged   body bytes   CPU µs/event")
    for number, runs in enumerate(rounds, 1):
        for run in runs:
            _print(_row(run.generator, str(number), run))
    for index, name in enumerate(("ours", "k6", "locust")):
        median = statistics.median(runs[index].cpu_us for runs in rounds)
        _print(f"{name:<17} median {median:>41.1f}")
    own = rounds[len(rounds) // 2][0].details
    _print(f"of ours: planning {own['planning_us']:.1f} µs is counted, the world's own {own['world_us']:.1f} µs is not")
    _print(_row("locust few users", "-", few) + "   (cannot hold the rate once answers take 25 ms)")


def _row(name: str, number: str, run: Run) -> str:
    return f"{name:<17} {number:>5} {run.acknowledged:>14,} {run.body_bytes:>12,.0f} {run.cpu_us:>14.1f}"


def _show_verdicts(ratios: dict[str, Any], greatest: float, half: Run) -> dict[str, bool]:
    met = {f"cost against {other}": ratios[other]["median"] >= wanted for other, wanted in WANTED.items()}
    _print("")
    for other, wanted in WANTED.items():
        spread = ratios[other]
        verdict = "met" if met[f"cost against {other}"] else "NOT met"
        figures = f"{spread['median']:.2f} (from {spread['least']:.2f} to {spread['greatest']:.2f})"
        _print(f"cost: {figures} times as cheap as {other}, wanted {wanted}: {verdict}")
    late = half.details
    met["lateness"] = late["lateness_p99_ms"] <= LATENESS_P99_MAX_MS
    figures = (
        f"p50 {late['lateness_p50_ms']:.2f}, p99 {late['lateness_p99_ms']:.2f}, max {late['lateness_max_ms']:.2f} ms"
    )
    verdict = "met" if met["lateness"] else "NOT met"
    at = f"at {greatest / 2:,.0f}/s, half of {greatest:,.0f}/s, late by"
    _print(f"lateness: {at} {figures}; wanted p99 ≤ 1.5 ms: {verdict}")
    return met


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
