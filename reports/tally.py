"""Collects a checker's incidents: every one is counted, the first 200 are kept for people."""

from typing import Final

from reports.result import Check, Incident, Verdict

INCIDENTS_KEPT: Final = 200


class Tally:
    """Incidents of one check. `total` is exact."""

    def __init__(self) -> None:
        self.kept: list[Incident] = []
        self.total = 0

    @property
    def full(self) -> bool:
        """Whether further incidents are only counted, so that their texts need not be made."""
        return self.total >= INCIDENTS_KEPT

    def count(self, incidents: int = 1) -> None:
        """Count incidents whose texts are not kept."""
        self.total += incidents

    def add(self, incident: Incident) -> None:
        """Count one, and keep it while there is room."""
        if not self.full:
            self.kept.append(incident)
        self.total += 1

    def check(
        self, name: str, verdict: Verdict, reason: str, measures: dict[str, float], notes: tuple[str, ...] = ()
    ) -> Check:
        """The finding with these incidents in order of time."""
        kept = tuple(sorted(self.kept, key=lambda incident: incident.at_ns))
        return Check(name, verdict, reason, measures, kept, self.total, notes)


def unknown(name: str, reason: str, measures: dict[str, float] | None = None, notes: tuple[str, ...] = ()) -> Check:
    """A finding for which the history does not hold enough."""
    return Check(name, "unknown", reason, measures or {}, notes=notes)


def units(count: int) -> str:
    """ "1 unit", "3 units"."""
    return counted(count, "unit")


def counted(count: int, word: str) -> str:
    """ "1 event", "3 events"."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
