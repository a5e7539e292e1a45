"""`make fuzz`: fuzzes receiver and played APIs, then the judge, and prints what was found. Exit code 1: a rule broke.

Every violation is a file in the folder of the run. `--only INDEX` sends one case again and shows its bytes and answer.
"""

import argparse
import asyncio
import math
import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import Final

import msgspec

from tests.fuzz.case import Answer, Case, broken_rule
from tests.fuzz.cases import case_of
from tests.fuzz.driver import send_all
from tests.fuzz.judge import Found, Judge
from tests.fuzz.played_server import LOOPS_MAX
from tests.fuzz.run import Outcome, Run
from tests.fuzz.targets import running
from tests.running import ROOT

FOLDER: Final = ROOT / "runs" / "fuzz"
SHOWN_MAX: Final = 2_000
TENTHS: Final = 10


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=50_000, help="number of requests (50000)")
    parser.add_argument("--seed", type=int, default=1, help="the requests of a seed are always the same (1)")
    parser.add_argument("--first", type=int, default=0, help="index of the first request, to run in slices (0)")
    parser.add_argument(
        "--seconds", type=float, default=math.inf, help="stop after this time; the next --first is shown"
    )
    parser.add_argument("--attempts", type=int, default=2_000, help="number of attempts at the judge (2000)")
    parser.add_argument("--only", type=int, help="send this one request again and show it")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="logs, summary and violations")
    given = parser.parse_args(words)
    shutil.rmtree(given.folder, ignore_errors=True)
    if given.only is not None:
        return again(given.seed, given.only, given.folder)
    broken = judged(given.seed, given.attempts, given.folder)
    outcome = Run(given.seed, given.first, given.requests, given.seconds).whole(given.folder)
    keep(outcome, given.folder)
    show(outcome)
    return 1 if outcome.violations or broken else 0


def judged(seed: int, attempts: int, folder: Path) -> list[Found]:
    """Fuzzes the judge. Returns and prints the attempts that broke a rule."""
    judge, codes, broken = Judge(folder / "judge"), Counter[str](), list[Found]()
    for index in range(attempts):
        found = judge.attempt(seed, index)
        codes[f"{found.attempt} {found.code}"] += 1
        if found.rule:
            broken.append(found)
            print(f"VIOLATION attempt {index} ({found.attempt}): {found.rule}: {found.output[-SHOWN_MAX:]}")
    print(f"{attempts} attempts at the judge by kind and exit code: {dict(sorted(codes.items()))}")
    return broken


def again(seed: int, index: int, folder: Path) -> int:
    """Sends one case to new processes."""
    case, answers = case_of(seed, index), list[Answer]()

    def answered(_case: Case, answer: Answer) -> None:
        answers.append(answer)

    with running(folder) as targets:
        asyncio.run(send_all(targets.ports, [case], answered))
    print(f"{case.kind} to {case.target}, expected: {case.expect}")
    for piece in case.pieces:
        print(piece[:SHOWN_MAX])
    print(f"answer: {answers[0].status or 'none'}; {broken_rule(case, answers[0]) or 'no rule is broken'}")
    return 0


def keep(outcome: Outcome, folder: Path) -> None:
    """The summary and each violation as files."""
    (folder / "summary.json").write_bytes(msgspec.json.encode(outcome))
    for number, violation in enumerate(outcome.violations):
        name = f"violation-{number}.json" if violation.case is None else f"violation-{violation.case.index}.json"
        (folder / name).write_bytes(msgspec.json.encode(violation))


def show(outcome: Outcome) -> None:
    """Counts by kind and status, memory, time, logs, and violations."""
    last = outcome.first + outcome.requests - 1
    print(f"seed {outcome.seed}, requests {outcome.first} to {last}, {outcome.seconds:.0f} s; next: --first {last + 1}")
    total: Counter[int] = Counter()
    for kind, counts in outcome.statuses.items():
        total += counts
        print(f"  {kind:16} {counts.total():8}  {_statuses(counts)}")
    print(f"  {'all':16} {total.total():8}  {_statuses(total)}   (0: closed or left without an answer)")
    print(
        f"more connections than allowed: {_statuses(Counter(outcome.saturated))}; sent again after 503: {outcome.busy}"
    )
    print(f"stored: {outcome.stored}, of them forgeries: {outcome.forgeries_stored}")
    for name in outcome.rss_mb[0] if outcome.rss_mb else ():
        found = [sample.get(name, 0) for sample in outcome.rss_mb]
        shown = [found[len(found) * tenth // TENTHS] for tenth in range(min(TENTHS, len(found)))] + found[-1:]
        print(f"memory of {name}, MB: " + " ".join(f"{each:.0f}" for each in shown))
    print("processor time, s: " + ", ".join(f"{name} {spent:.0f}" for name, spent in outcome.cpu_s.items()))
    print("log bytes: " + ", ".join(f"{name} {size}" for name, size in outcome.log_bytes.items()))
    if outcome.calls is not None:
        slow = outcome.calls.slow
        first, again = max(each.first_loops for each in slow), max(each.loops for each in slow)
        slowest = f"the slowest took {first:.1f} loops, and {again:.1f} when repeated, of {LOOPS_MAX:.0f} allowed"
        print(f"played APIs: {outcome.calls.calls} calls; {slowest}")
    for violation in outcome.violations[:20]:
        where = "" if violation.case is None else f"request {violation.case.index} ({violation.case.kind}): "
        print(f"VIOLATION {where}{violation.rule[:SHOWN_MAX]}")
    print(f"{len(outcome.violations)} violations")


def _statuses(counts: Counter[int]) -> str:
    return "  ".join(f"{status}: {count}" for status, count in sorted(counts.items()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
