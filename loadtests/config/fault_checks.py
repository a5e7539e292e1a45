"""Which faults a run can apply: those that hit a process that Stockstorm starts, and that its subject has."""

import os
from collections.abc import Mapping, Sequence
from typing import Final

from stockstorm.loadtests.backing.cloud.base import DOCKER, REAL
from stockstorm.loadtests.backing.cloud.pubsub import EMULATOR_VARIABLE
from stockstorm.loadtests.subjects.architectures import ARCHITECTURES, Architecture
from stockstorm.scenarios.problems import Problem
from stockstorm.simulator.config import FAULTS, FaultKind, FaultTarget

# Emulators that keep messages on disk while a fault of the run kills them. The others keep them in memory.
KEEPING: Final = ("pubsub",)


def fault_problems(
    architecture: Architecture,
    faults: Sequence[FaultKind],
    postgres: str,
    cloud: str,
    environment: Mapping[str, str] | None = None,
) -> list[Problem]:
    """Why a run with this architecture, database and cloud cannot apply some of these faults."""
    given = os.environ if environment is None else environment
    kinds = list(dict.fromkeys(faults))
    lacking = [kind for kind in kinds if FAULTS[kind].target not in architecture.targets]
    found = [_lacking(architecture, lacking)] if lacking else []
    of_database, of_broker = ([kind for kind in kinds if FAULTS[kind].target == target] for target in _BACKINGS)
    if of_database and postgres != "embedded":
        said = f"Stockstorm did not start this database as a process, and cannot apply {_named(of_database)}"
        found.append(Problem("--postgres", said, "leave the fault out, or write --postgres embedded"))
    if of_broker and architecture.cloud:
        found += _broker(architecture, of_broker, cloud, given)
    return found


_BACKINGS: Final[tuple[FaultTarget, FaultTarget]] = ("database", "broker")


def _lacking(architecture: Architecture, kinds: Sequence[FaultKind]) -> Problem:
    targets = {FAULTS[kind].target for kind in kinds}
    having = [name for name, other in ARCHITECTURES.items() if targets <= {*other.targets}]
    choice = f", or choose a subject that has one: {', '.join(having)}" if having else ""
    said = f"{architecture.name} has no {' and no '.join(sorted(targets))} ({', '.join(sorted(kinds))})"
    return Problem("--fault", said, f"leave the fault out{choice}")


def _broker(
    architecture: Architecture, kinds: Sequence[FaultKind], cloud: str, environment: Mapping[str, str]
) -> list[Problem]:
    elsewhere = architecture.cloud == "pubsub" and cloud == "embedded" and EMULATOR_VARIABLE in environment
    if cloud in (REAL, DOCKER) or elsewhere:
        whose = f"the broker at {EMULATOR_VARIABLE}" if elsewhere else f"the broker of --cloud {cloud}"
        said = f"{whose} is no process of Stockstorm, which cannot apply {_named(kinds)}"
        unset = f" and unset {EMULATOR_VARIABLE}" if elsewhere else ""
        return [Problem("--cloud", said, f"leave the fault out, or write --cloud embedded{unset}")]
    if "kill_broker" in kinds and architecture.cloud not in KEEPING:
        keeping = [name for name, other in ARCHITECTURES.items() if other.cloud in KEEPING]
        said = (
            f"the emulator for {architecture.name} keeps its messages in memory, so a crash loses them, which the real "
            "service does not (kill_broker)"
        )
        return [Problem("--fault", said, f"write pause_broker, or choose a subject: {', '.join(keeping)}")]
    return []


def _named(kinds: Sequence[FaultKind]) -> str:
    return " or ".join(sorted(kinds))
