"""Flags of `stockstorm scenarios`."""

from stockstorm.loadtests.cli.options import JsonOptions


class ScenariosOptions(JsonOptions):
    """Flags of `stockstorm scenarios`."""
