"""Runs with many faults at random times, and what each run's judgement must be.

`python -m tests.many_faults --subject queue-postgres --runs 10 --each 10 kill_receiver kill_worker kill_database`
makes 100 kills of each kind. Seeds fix the times.
"""

import argparse
import json
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from stockstorm.loadtests.subjects.architectures import ARCHITECTURES
from stockstorm.simulator.config import FAULTS, FaultKind, FaultTarget
from tests.running import run_module
from tests.stored_history import facts_of

SCENARIO: Final = Path(__file__).resolve().parents[1] / "scenarios" / "proof.toml"
# Many failed attempts lead to long gaps between retries. They are shortened, so that a run can wait for the last one.
CHANGES: Final = {"retry_time_scale = 0.05": "retry_time_scale = 0.004", "max_s = 20.0": "max_s = 60.0"}
DOWN_MAX_S: Final = 1.5
AFTER_MAX_S: Final = 240.0  # start, the wait for rest (a flow runs every 15 s), final reads, judgement
GAP_MIN_S: Final = 0.3  # between two faults of one target: the second may hit what is still starting
RATE: Final = "20"  # events a second: low, since correctness is judged and not speed
# What a service that survives a fault cannot fail. Speed may suffer: nothing is pushed while a worker is down.
MUST_HOLD: Final = (
    "nothing_lost",
    "applied_twice",
    "forged",
    "drift",
    "stale_overwrite",
    "unexplained_push",
    "delivery",
    "delivery_success",
    "retry_discipline",
)


# Where nearly all attempts of a delivery failed, its next one is minutes away, and the run ends before it.
WAITED: Final = re.compile(r"waited for the next retry|were pending at the end")


class Judged(msgspec.Struct, frozen=True):
    """One run: how often each kind was applied, and the checks that do not hold.

    `unjudged`: checks that are unknown because deliveries still waited for Shopify's next try.
    """

    seed: int
    applied: dict[str, int]
    verdict: str
    broken: dict[str, str]  # check -> its verdict and reason
    unjudged: dict[str, str]
    folder: Path
    output: str


def flags(kinds: Sequence[FaultKind], each: int, seconds: float, seed: int) -> Iterator[str]:
    """`--fault` and its value, `each` times a kind. Faults of one target follow one another; others may overlap."""
    rng = random.Random(seed)
    by_target: dict[FaultTarget, list[FaultKind]] = {}
    for kind in kinds:
        by_target.setdefault(FAULTS[kind].target, []).extend([kind] * each)
    for planned in by_target.values():
        rng.shuffle(planned)
        slot_s = (seconds - 1) / len(planned)
        for number, kind in enumerate(planned):
            down_s = rng.choice((0.0, rng.uniform(0.0, min(DOWN_MAX_S, slot_s - GAP_MIN_S))))
            at_s = 0.5 + number * slot_s + rng.uniform(0.0, max(0.0, slot_s - GAP_MIN_S - down_s))
            yield from ("--fault", f"{kind}@{at_s:.2f}+{down_s:.2f}")


def scenario_file(folder: Path) -> Path:
    """The proof scenario with CHANGES."""
    text = SCENARIO.read_text(encoding="utf-8")
    for old, new in CHANGES.items():
        assert old in text
        text = text.replace(old, new)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "many_faults.toml"
    path.write_text(text, encoding="utf-8")
    return path


def run(subject: str, kinds: Sequence[FaultKind], each: int, seconds: float, seed: int, runs: Path) -> Judged:
    """One run of the proof scenario under these faults."""
    words = [
        "run",
        str(scenario_file(runs)),
        "--subject",
        subject,
        "--seed",
        str(seed),
        "--seconds",
        f"{seconds:g}",
        "--rate",
        RATE,
    ]
    words += [*flags(kinds, each, seconds, seed), "--runs", str(runs)]
    before = (runs / "latest").resolve()
    done = run_module("stockstorm", words, {}, within_s=seconds + AFTER_MAX_S)
    folder = (runs / "latest").resolve()
    output = done.stdout + done.stderr
    if folder == before or not (folder / "result.json").is_file():
        return Judged(seed, {}, "none", {"run": output[-2000:]}, {}, folder, output)
    result = json.loads((folder / "result.json").read_text())
    applied = Counter(fact["fault"] for fact in facts_of(folder) if fact["fact"] == "FaultStarted")
    broken: dict[str, str] = {}
    unjudged: dict[str, str] = {}
    for check in result["checks"]:
        if check["name"] in MUST_HOLD and check["verdict"] != "valid":
            waits = check["verdict"] == "unknown" and WAITED.search(check["reason"])
            (unjudged if waits else broken)[check["name"]] = f"{check['verdict']}: {check['reason']}"
    return Judged(seed, dict(applied), result["verdict"], broken, unjudged, folder, output)


def possible(subject: str, kinds: Sequence[FaultKind]) -> list[FaultKind]:
    """The kinds whose target the subject has."""
    return [kind for kind in kinds if FAULTS[kind].target in ARCHITECTURES[subject].targets]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.many_faults", description=__doc__)
    parser.add_argument("kinds", nargs="*", default=["kill_receiver", "kill_worker", "kill_database"])
    parser.add_argument("--subject", default="queue-postgres")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--each", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--seed", type=int, default=1, help="of the first run")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "many_faults")
    given = parser.parse_args()
    kinds, total = possible(given.subject, given.kinds), Counter[str]()
    failed = waiting = 0
    for seed in range(given.seed, given.seed + given.runs):
        judged = run(given.subject, kinds, given.each, given.seconds, seed, given.folder)
        total.update(judged.applied)
        failed += bool(judged.broken)
        waiting += not judged.broken and bool(judged.unjudged)
        how = judged.broken or judged.unjudged or "all hold"
        print(given.subject, seed, judged.verdict, judged.applied, how, judged.folder, flush=True)
    ends = f"{given.runs - failed - waiting} judged, {waiting} unknown because of retries, {failed} failed"
    print(f"{given.subject}: {given.runs} runs: {ends}; faults applied: {dict(total)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
