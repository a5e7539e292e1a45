"""Flags of `stockstorm check`."""

from typing import Annotated

from stockstorm.loadtests.cli.options import JsonOptions, QuietOptions
from stockstorm.loadtests.config.flag import Flag
from stockstorm.loadtests.config.runs_folder import RunsFolder


class CheckOptions(JsonOptions, QuietOptions, RunsFolder):
    """Flags of `stockstorm check`."""

    unsealed: Annotated[
        bool, Flag("also judge a history that is damaged or has no seals, as far as it can be read")
    ] = False
    which: Annotated[str, Flag("a run's folder or id, or latest", positional=True)] = "latest"
