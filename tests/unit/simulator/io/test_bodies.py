"""Bodies beside a history: kept as they were sent, within bounds, and readable where the file was cut off."""

from pathlib import Path

import pytest

from stockstorm.simulator.io import bodies
from stockstorm.simulator.io.bodies import BodyFile, read_bodies

BODY = b'{"id":9007199254740993,"note":"Caf\\u00e9 \\/"}'


def test_a_body_is_read_back_byte_for_byte(tmp_path: Path) -> None:
    file = BodyFile(tmp_path / "sent")
    for event in range(5):
        file.keep(event, "orders/create", BODY)
    file.close()
    found = list(read_bodies(tmp_path / "sent", {1, 3, 9}))
    assert [(sent.event, sent.topic, bytes(sent.body)) for sent in found] == [
        (1, "orders/create", BODY),
        (3, "orders/create", BODY),
    ]


def test_a_full_file_still_takes_the_first_of_another_topic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODIES_MAX_BYTES", 10 * len(BODY))
    monkeypatch.setattr(bodies, "BODIES_TOPIC_MIN_BYTES", 2 * len(BODY))
    file = BodyFile(tmp_path / "sent")
    for event in range(100):
        file.keep(event, "orders/create", BODY)
    for event in range(100, 200):
        file.keep(event, "order.returned", BODY)
    file.close()
    kept = [sent.event for sent in read_bodies(tmp_path / "sent", range(200))]
    assert kept == [*range(10), 100, 101]


def test_a_file_that_was_cut_off_gives_what_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "WRITE_BYTES", 1)
    file = BodyFile(tmp_path / "sent")
    for event in range(10):
        file.keep(event, "orders/create", BODY)
    file.close()
    data = (tmp_path / "sent").read_bytes()
    (tmp_path / "sent").write_bytes(data[:-20])
    assert [sent.event for sent in read_bodies(tmp_path / "sent", range(10))] == list(range(9))
    (tmp_path / "sent").write_bytes(b"no file of this kind")
    assert list(read_bodies(tmp_path / "sent", range(10))) == []
    assert list(read_bodies(tmp_path / "missing", range(10))) == []


def test_a_disk_that_fails_ends_the_file_and_not_the_run(tmp_path: Path) -> None:
    file = BodyFile(tmp_path / "no folder" / "sent")
    file.keep(1, "orders/create", BODY)
    file.close()
    assert list(read_bodies(tmp_path / "no folder" / "sent", [1])) == []
