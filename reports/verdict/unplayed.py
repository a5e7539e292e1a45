"""The first note of a report: what the subject asked for and Stockstorm does not play."""

from typing import Final

from stockstorm.reports.history import History
from stockstorm.reports.result import counted
from stockstorm.simulator.history.facts import ApiCalled

SHOWN_MAX: Final = 8


def unplayed_notes(history: History) -> tuple[str, ...]:
    """One note, or none. Most frequent first."""
    counts: dict[str, int] = {}
    for call in history.all(ApiCalled):
        for name in call.unplayed:
            counts[name] = counts.get(name, 0) + 1
    if not counts:
        return ()
    named = sorted(counts.items(), key=lambda entry: -entry[1])
    shown = ", ".join(f"the {name} ({counted(count, 'call')})" for name, count in named[:SHOWN_MAX])
    more = f" and {len(named) - SHOWN_MAX:,} more" if len(named) > SHOWN_MAX else ""
    return (f"The subject asked for what is not played here: {shown}{more}. The results say nothing about that.",)
