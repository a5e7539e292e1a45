"""The flag that says where runs are stored, of every command that reads or writes them."""

from pathlib import Path
from typing import Annotated

from stockstorm.loadtests.config.flag import Flag, Options


class RunsFolder(Options):
    """Where runs are stored."""

    runs: Annotated[Path, Flag("folder of the runs", replay="never")] = Path("runs")
