"""`--json`, for every command. docs/json.md says what each prints."""

from typing import Annotated

from stockstorm.loadtests.config.flag import Flag, Options


class JsonOptions(Options):
    """How a command prints what it found."""

    as_json: Annotated[bool, Flag("print JSON, and nothing else", name="json", replay="never", locust=None)] = False
