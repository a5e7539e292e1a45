"""What answers had shown the subject before a moment."""

from stockstorm.reports.history.reads import Read, Reads


def test_the_newest_version_stays_known_when_a_later_answer_shows_an_older_one() -> None:
    reads = Reads()
    for seq, version in ((10, 3), (20, 1), (30, 4)):
        reads.add(Read(seq, version, 0, query=True))
    assert [reads.newest_before(seq) for seq in (10, 11, 25, 30, 31)] == [0, 3, 3, 3, 4]


def test_nothing_is_known_without_an_answer() -> None:
    assert Reads().newest_before(5) == 0
    assert Reads().before(5) is None
