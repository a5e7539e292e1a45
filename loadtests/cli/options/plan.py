"""Flags of `stockstorm plan`."""

from pathlib import Path
from typing import Annotated

from stockstorm.loadtests.cli.options import JsonOptions
from stockstorm.loadtests.config.flag import Flag
from stockstorm.loadtests.config.run_options import PlanOptions


class PlanCommandOptions(JsonOptions, PlanOptions):
    """Flags of `stockstorm plan`."""

    out: Annotated[Path | None, Flag("file to write to; standard output without it")] = None
    digest: Annotated[bool, Flag("print the SHA-256 of the plan only, also beside --out")] = False
