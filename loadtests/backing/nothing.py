"""No database: a service of the user's own brings what it needs, and an empty one beside it would only be measured."""

from typing import Self


class NoDatabase:
    """Nothing is started. Without URL and description, nobody counts it or tells of it."""

    url = ""
    description = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """There is nothing to end."""

    def processes(self) -> list[int]:
        return []
