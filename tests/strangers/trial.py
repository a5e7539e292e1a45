"""Runs Stockstorm against a stranger by its subject file, as a user of both would.

python -m tests.strangers.trial stockroom smoke --seeds 1-10
python -m tests.strangers.trial stockroom declared --bug first_line_only
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from tests.running import ROOT, run_module
from tests.strangers.declared import BUGS, WAYS, Bug
from tests.strangers.regress import subject_of

HERE = Path(__file__).parent
STRANGERS = ("stockroom", "relay", "sweep")
WAYS_FOLDER = "ways."
RECEIVER = "ways.receiver"  # of the stockroom; its subject file differs in more than its start
RUN_WITHIN_S = 240
DECLARED = "declared"
TRADE = {"oversell", "refused_though_available", "lost_units", "crisis_time"}


class Trial(NamedTuple):
    """One run: what `stockstorm run` printed and wrote."""

    code: int
    output: str
    result: dict[str, Any]
    log: str

    @property
    def verdict(self) -> str:
        return str(self.result.get("verdict", f"exit {self.code}"))

    @property
    def failed(self) -> list[str]:
        """Names of the checks that are neither valid nor without a judgement of their own."""
        return [check["name"] for check in self.result.get("checks", ()) if check["verdict"] in {"invalid", "unknown"}]

    @property
    def accusations(self) -> list[str]:
        """What its incidents hold against a service, whatever the verdict: those of trade itself are nobody's fault."""
        checks = (check for check in self.result.get("checks", ()) if check["name"] not in TRADE)
        return [f"{check['name']}: {incident['text']}" for check in checks for incident in check["incidents"]]

    @property
    def invalid(self) -> list[str]:
        """Names of the checks that are invalid."""
        return [check["name"] for check in self.result.get("checks", ()) if check["verdict"] == "invalid"]

    @property
    def causes(self) -> list[str]:
        """Causes that the diagnoses name, the first one first."""
        return [found["cause"] for found in self.result.get("diagnoses", ())]

    @property
    def named(self) -> str:
        """The first diagnosis. Empty without one."""
        return next((str(found["name"]) for found in self.result.get("diagnoses", ())), "")

    def catches(self, bug: Bug) -> bool:
        """Whether every check that the bug must fail is invalid."""
        return self.verdict == "invalid" and set(bug.must) <= set(self.invalid)

    def names(self, bug: Bug) -> bool:
        """Whether the first cause is the bug's."""
        return self.named in bug.named and bug.says in self.causes[0]


def node() -> str | None:
    """The path of Node. None: it is not installed."""
    return shutil.which("node")


def subject_file(stranger: str, bug: str | None, folder: Path) -> Path:
    """Its subject file; for a bug, a copy in `folder` that starts the bug's own file, which composes the same service.

    So does a sound way of doing the same, "ways.by_rest", which has its name from its folder.
    """
    file = HERE / stranger / "subject.toml"
    if bug is None:
        return file
    copy = folder / "subject.toml"
    if bug == RECEIVER:
        copy.write_text(subject_of("sound"))
        return copy
    part = bug.replace(".", "/") if bug.startswith(WAYS_FOLDER) else f"bugs/{bug}"
    text = file.read_text()
    for sound, other in (
        ("/service.mjs", f"/{part}.mjs"),
        (f"{stranger}.service", f"{stranger}.{part.replace('/', '.')}"),
    ):
        text = text.replace(sound, other)
    for way in WAYS:
        if f"{WAYS_FOLDER}{way.name}" == bug and way.stranger == stranger and way.declares:
            text = text.replace("\nwebhooks =", f"\n{way.declares}\nwebhooks =", 1)
    copy.write_text(text.replace('folder = "../../.."', f'folder = "{ROOT}"'))
    return copy


def parts(stranger: str, folder: str) -> list[str]:
    """Names of its files in `bugs` or `ways`."""
    return sorted(path.stem for path in (HERE / stranger / folder).glob("[a-z]*.*"))


def bugs(stranger: str) -> list[str]:
    """Names of its bugs."""
    return parts(stranger, "bugs")


def trial(stranger: str, scenario: str, folder: Path, *options: str, bug: str | None = None) -> Trial:
    """One run of `scenario` against a fresh process of `stranger`, with the run's folder in `folder`."""
    words = ["run", scenario, "--subject", str(subject_file(stranger, bug, folder)), "--runs", str(folder / "runs")]
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    done = run_module("stockstorm", [*words, *options], {"PATH": path}, within_s=RUN_WITHIN_S)
    latest = folder / "runs" / "latest"
    result = json.loads((latest / "result.json").read_text()) if done.returncode < 3 else {}
    log = latest / "logs" / "service.log"
    return Trial(done.returncode, done.stdout + done.stderr, result, log.read_text() if log.exists() else "")


def main() -> None:
    """Prints a line for each run, and the first screen of each that is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stranger", choices=STRANGERS)
    parser.add_argument("scenario", help="its name, or `declared`: that of the bug")
    parser.add_argument("--seeds", default="1", help="3, or 1-10")
    parser.add_argument("--bug", help="one of its bugs, or `all`")
    parser.add_argument("--runs", type=Path, help="keep the runs here")
    known, options = parser.parse_known_args()
    first, _, last = known.seeds.partition("-")
    for name in bugs(known.stranger) if known.bug == "all" else [known.bug]:
        bug = next((each for each in BUGS if (each.stranger, each.name) == (known.stranger, name)), None)
        scenario = bug.scenario if bug is not None and known.scenario == DECLARED else known.scenario
        mine = bug.options if bug is not None and scenario == bug.scenario else ()
        for seed in range(int(first), int(last or first) + 1):
            folder = known.runs or Path(tempfile.mkdtemp(prefix="trial-"))
            folder.mkdir(parents=True, exist_ok=True)
            done = trial(known.stranger, scenario, folder, "--seed", str(seed), *mine, *options, bug=name)
            print(known.stranger, scenario, seed, name or "sound", done.verdict, *done.failed, flush=True)
            if bug is not None:
                print("  caught:", done.catches(bug), "named:", done.names(bug), done.named, flush=True)
            told = [("cause", cause) for cause in done.causes]
            told += [("accused", text) for text in done.accusations] if not name else []
            print(*(f"  {kind}: {text}\n" for kind, text in told), sep="", end="", flush=True)
            if name or done.verdict != "valid":
                print(done.output)
                print("  log:", folder, done.log[-600:])


if __name__ == "__main__":
    main()
