"""Flags of `stockstorm run`."""

from typing import Annotated

from stockstorm.loadtests.cli.options import JsonOptions, QuietOptions
from stockstorm.loadtests.config.flag import Flag
from stockstorm.loadtests.config.run_options import RunOptions


class RunCommandOptions(JsonOptions, QuietOptions, RunOptions):
    """Flags of `stockstorm run`."""

    junit: Annotated[
        str, Flag("also write JUnit XML to this file, of a refused run too", replay="never", locust=None)
    ] = ""

    @property
    def run(self) -> RunOptions:
        """Without the options that only this command has."""
        return RunOptions.model_validate({name: getattr(self, name) for name in RunOptions.model_fields})
