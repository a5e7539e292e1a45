"""bodies.jsonl: for the events that incidents name, the bodies as they were sent, with their webhook ids."""

from pathlib import Path
from typing import Final

import msgspec

from stockstorm.reports.history import History
from stockstorm.reports.render.files import write_run_file
from stockstorm.reports.result import Result
from stockstorm.reports.store import RunFolder
from stockstorm.simulator.io.bodies import SentBody, read_bodies

EVENTS_MAX: Final = 500


class NamedBody(msgspec.Struct, frozen=True):
    """One line. A body is sent once to each subscription, under its own webhook id."""

    event: int
    topic: str
    webhook_ids: tuple[str, ...]
    body: msgspec.Raw


def bodies(result: Result, history: History, folder: RunFolder) -> Path | None:
    """Write the bodies that a report needs. Writes nothing when no incident names an event that was kept."""
    wanted = events_named(result)
    if not wanted:
        return None
    lines = [msgspec.json.encode(_named(sent, history)) for sent in read_bodies(folder.sent, wanted)]
    return write_run_file(folder.bodies, b"\n".join((*lines, b""))) if lines else None


def events_named(result: Result) -> dict[int, None]:
    """The first events that incidents name, in order of the checks' importance."""
    named = (event for check in result.checks for incident in check.incidents for event in incident.events)
    found: dict[int, None] = {}
    for event in named:
        if len(found) == EVENTS_MAX:
            break
        found[event] = None
    return found


def _named(sent: SentBody, history: History) -> NamedBody:
    deliveries = history.deliveries.of_event(sent.event)
    ids = tuple(dict.fromkeys(delivery.planned.webhook_id for delivery in deliveries))
    return NamedBody(sent.event, sent.topic, ids, sent.body)
