"""Proves `stockstorm regress`: a receiver that takes 15 % longer is found, and the same one twice gives no alarm.

python -m tests.strangers.regress --runs FOLDER --sound 30 --slow 15
python -m tests.strangers.regress --runs FOLDER

The first plays runs into the folder, in turns, and adds to those that are there. Both then compare five runs with five
others of the same minutes, as somebody would who follows docs/regression.md: of 30 sound runs there are 21 comparisons,
and 11 of 15 slow ones with sound ones. Those that follow each other share runs.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Literal, get_args

from stockstorm.reports.regress.gathered import gathered
from stockstorm.reports.regress.regression import Regression, regression
from stockstorm.reports.result import Result
from tests.running import ROOT, run_module

Way = Literal["sound", "busier", "slower"]
WAYS: Final[tuple[Way, ...]] = get_args(Way)
A_SIDE: Final = 5
LOAD: Final = ("smoke", "--seed", "1", "--seconds", "15")
RUN_WITHIN_S: Final = 150
SUBJECT: Final = ROOT / "tests" / "strangers" / "stockroom" / "subject.toml"


def subject_of(way: Way) -> str:
    """The subject file of the stockroom's receiver alone."""
    text = SUBJECT.read_text(encoding="utf-8")
    for old, new in (
        ("stockroom.service", f"stockroom.ways.receiver {way}"),
        ('folder = "../../.."', f'folder = "{ROOT}"'),
        ('name = "stockroom"', 'name = "receiver"\nlevel = "acknowledgement"'),
        ('probes = "http://127.0.0.1:${port_probe}"\n', ""),
    ):
        assert old in text
        text = text.replace(old, new)
    return text


def play(way: Way, folder: Path) -> None:
    """One run; its result.json is all that stays of it."""
    with tempfile.TemporaryDirectory() as made:
        subject, runs = Path(made) / "subject.toml", Path(made) / "runs"
        subject.write_text(subject_of(way), encoding="utf-8")
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
        words = ["run", *LOAD, "--subject", str(subject), "--runs", str(runs)]
        done = run_module("stockstorm", words, {"PATH": path}, within_s=RUN_WITHIN_S)
        assert done.returncode < 3, done.stderr
        run = (runs / "latest").resolve()
        (folder / way / run.name).mkdir(parents=True)
        shutil.copy(run / "result.json", folder / way / run.name)


def in_turns(sound: int, slow: int) -> Iterator[Way]:
    """Each way as often as wanted, mixed, so that the machine's own drift meets all of them alike."""
    left: dict[Way, int] = {"sound": sound, "busier": slow, "slower": slow}
    while any(left.values()):
        way = max(WAYS, key=lambda one: left[one])
        left[way] -= 1
        yield way


def sound_trials(sound: Sequence[Result]) -> Iterator[Regression]:
    """Of every ten runs in a row, those at even places against those at odd ones."""
    for begin in range(len(sound) - 2 * A_SIDE + 1):
        row = sound[begin : begin + 2 * A_SIDE]
        yield regression(row[::2], row[1::2])


def slow_trials(sound: Sequence[Result], slow: Sequence[Result]) -> Iterator[Regression]:
    """Every five slow runs in a row, each with the sound run that is nearest to it in time and not taken yet."""
    for begin in range(len(slow) - A_SIDE + 1):
        after, left, before = slow[begin : begin + A_SIDE], list(sound), []
        for run in after:
            nearest = min(left, key=lambda one: abs(one.started_wall_ns - run.started_wall_ns))
            left.remove(nearest)
            before.append(nearest)
        yield regression(before, after)


def changes(folder: Path) -> dict[Way, Counter[str]]:
    """How often each change was the answer, for each way against sound runs."""
    sound = gathered(folder / "sound")
    found: dict[Way, Counter[str]] = {}
    for way in WAYS:
        made = sound_trials(sound) if way == "sound" else slow_trials(sound, gathered(folder / way))
        found[way] = Counter(one.change for one in made)
    return found


def main() -> None:
    """Plays what is wanted, and prints the answers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--sound", type=int, default=0)
    parser.add_argument("--slow", type=int, default=0)
    wanted = parser.parse_args()
    for way in in_turns(wanted.sound, wanted.slow):
        play(way, wanted.runs)
    for way, answers in changes(wanted.runs).items():
        print(f"{way}: {', '.join(f'{change} {count}' for change, count in sorted(answers.items()))}")


if __name__ == "__main__":
    main()
