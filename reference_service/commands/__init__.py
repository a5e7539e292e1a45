"""Commands for operators: they act on the database of a running service, with its environment, and then end.

Protocol and registry. One command a file.
"""

import argparse
from collections.abc import Mapping
from typing import Protocol

from stockstorm.reference_service.commands.dead_letters import DeadLetters
from stockstorm.reference_service.commands.reconcile import Reconcile
from stockstorm.reference_service.settings import Settings
from stockstorm.reference_service.storage.database import Pool


class Command(Protocol):
    """A command. It prints what it did, and returns the exit code: 0 done, 1 not done."""

    summary: str

    def options(self, parser: argparse.ArgumentParser) -> None:
        """Declares its arguments."""
        ...

    async def run(self, options: argparse.Namespace, settings: Settings, pool: Pool) -> int: ...


COMMANDS: Mapping[str, Command] = {"reconcile": Reconcile(), "dead-letters": DeadLetters()}
