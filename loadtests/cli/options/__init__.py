"""The flags of each command, a model a file. A shell that asks for words, and `--help`, import these and no command."""

from typing import Annotated

from stockstorm.loadtests.config.flag import Flag, Options


class JsonOptions(Options):
    """How a command prints what it found. docs/json.md says what each prints."""

    as_json: Annotated[bool, Flag("print JSON, and nothing else", name="json", replay="never", locust=None)] = False


class QuietOptions(Options):
    """How much a command prints."""

    quiet: Annotated[
        bool, Flag("print the verdict in one line, and where the report is; no progress", replay="never", locust=None)
    ] = False
