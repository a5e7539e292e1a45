"""Flags of `stockstorm regress`."""

from typing import Annotated

from stockstorm.loadtests.cli.options import JsonOptions
from stockstorm.loadtests.config.flag import Flag


class RegressOptions(JsonOptions):
    """Flags of `stockstorm regress`."""

    baseline: Annotated[str, Flag("before: a result.json, a run's folder, or a folder of runs", positional=True)]
    candidate: Annotated[str, Flag("after: the same", positional=True)]
    junit: Annotated[str, Flag("also write JUnit XML to this file")] = ""
    page: Annotated[str, Flag("also write a Markdown page to this file")] = ""
