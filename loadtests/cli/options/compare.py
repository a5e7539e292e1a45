"""Flags of `stockstorm compare`."""

from typing import Annotated

from stockstorm.loadtests.cli.options import JsonOptions, QuietOptions
from stockstorm.loadtests.config.comparison_options import ComparisonOptions
from stockstorm.loadtests.config.flag import Flag
from stockstorm.loadtests.config.runs_folder import RunsFolder


class CompareCommandOptions(JsonOptions, QuietOptions, ComparisonOptions, RunsFolder):
    """Flags of `stockstorm compare`."""

    resume: Annotated[str, Flag("resume a comparison: latest, or its folder", name="continue", replay="never")] = ""

    @property
    def matrix(self) -> ComparisonOptions:
        """Without the options that only this command has."""
        return ComparisonOptions.model_validate({name: getattr(self, name) for name in ComparisonOptions.model_fields})
