"""Whether a service of the user's own has received the same webhooks before, in a run that is still stored."""

from itertools import islice
from pathlib import Path
from typing import Final

import msgspec

from stockstorm.loadtests.subjects.own.file import SubjectFile
from stockstorm.loadtests.subjects.own.values import names_in
from stockstorm.reports.file_names import HISTORY
from stockstorm.simulator.errors import UNREADABLE_JSON

LOOKED_AT_MAX: Final = 50  # stored runs, the newest ones
RUN_FOLDER: Final = "folder"  # `${folder}`, which is another one in each run


class _Options(msgspec.Struct):
    scenario: str
    seed: int


class _Own(msgspec.Struct):
    name: str
    webhooks: str


class _Spec(msgspec.Struct):
    """What this reads of a run's specification."""

    run: str
    options: _Options
    own: _Own | None = None


def earlier_run(runs: Path, own: SubjectFile, scenario: str, seed: int) -> str:
    """The newest stored run of this service in this scenario with this seed.

    Empty if there is none, or if the service is emptied. What keeps its state in the run's own folder begins anew in
    each run.
    """
    if own.life.reset or any(RUN_FOLDER in names_in(text) for text in _texts(own)):
        return ""
    stored = sorted((path for path in runs.glob("*/spec.json") if not path.parent.is_symlink()), reverse=True)
    for path in islice(stored, LOOKED_AT_MAX):
        spec = _read(path)
        if spec is None or spec.own is None or not (path.parent / HISTORY).exists():
            continue
        same_plan = (spec.options.scenario, spec.options.seed) == (scenario, seed)
        if same_plan and (spec.own.name, spec.own.webhooks) == (own.name, own.webhooks):
            return spec.run
    return ""


def _texts(own: SubjectFile) -> tuple[str, ...]:
    return (*own.environment.values(), *own.life.commands().values(), own.life.start)


def _read(path: Path) -> _Spec | None:
    """None for a run of another kind, or one that cannot be read, which tells nothing."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Spec)
    except (OSError, *UNREADABLE_JSON):
        return None
