"""bodies.jsonl holds the bodies of the events that incidents name, and of no others."""

import msgspec

from stockstorm.reports.history import History
from stockstorm.reports.render.bodies import NamedBody, bodies, events_named
from stockstorm.reports.result import Check, Incident, Result
from stockstorm.reports.store import RunFolder
from stockstorm.simulator.io.bodies import BodyFile


def _with_incident(result: Result, *events: int) -> Result:
    incident = Incident("lost", 1, "an event was lost", events=events)
    return msgspec.structs.replace(result, checks=(Check("nothing_lost", "invalid", "lost", incidents=(incident,)),))


def test_only_the_bodies_that_incidents_name_are_written(result: Result, history: History, folder: RunFolder) -> None:
    file = BodyFile(folder.sent)
    for event in range(20):
        file.keep(event, "orders/create", b'{"id":%d}' % event)
    file.close()
    path = bodies(_with_incident(result, 3, 7), history, folder)
    assert path == folder.bodies
    found = [msgspec.json.decode(line, type=NamedBody) for line in path.read_bytes().splitlines()]
    assert [(each.event, bytes(each.body)) for each in found] == [(3, b'{"id":3}'), (7, b'{"id":7}')]
    sent_as = {each.planned.webhook_id for each in history.deliveries.by_event[3]}
    assert set(found[0].webhook_ids) == sent_as


def test_no_file_is_written_without_incidents_or_without_bodies(
    result: Result, history: History, folder: RunFolder
) -> None:
    assert bodies(_with_incident(result), history, folder) is None
    assert bodies(_with_incident(result, 3), history, folder) is None
    assert not folder.bodies.exists()


def test_the_events_are_bounded(result: Result) -> None:
    assert len(events_named(_with_incident(result, *range(2_000)))) == 500
