"""`--cloud` is checked word by word and service by service, before anything is made."""

import pytest

from stockstorm.loadtests.config.checks import CLOUDS, cloud_problem
from stockstorm.loadtests.subjects.architectures import ARCHITECTURES


@pytest.mark.parametrize("word", ["embedded", "docker", "real"])
def test_these_words_fit_every_architecture(word: str) -> None:
    assert cloud_problem(word, ARCHITECTURES) is None


def test_an_unknown_word_is_answered_with_the_known_ones() -> None:
    problem = cloud_problem("azure", ["polling"])
    assert problem is not None
    assert (problem.key, problem.found) == ("--cloud", "'azure' is unknown")
    assert problem.remedy == "write one of: embedded, docker, real, fauxqs, moto, double"


@pytest.mark.parametrize(
    ("word", "subject", "service"),
    [
        ("fauxqs", "queue-pubsub", "pubsub"),
        ("moto", "bus-pubsub", "pubsub"),
        ("double", "queue-sqs", "sqs"),
        ("double", "bus-eventbridge", "eventbridge"),
    ],
)
def test_an_emulator_of_another_cloud_is_answered_with_the_words_that_fit(
    word: str, subject: str, service: str
) -> None:
    problem = cloud_problem(word, ["polling", subject])
    assert problem is not None
    assert problem.found == f"{word!r} is none of {service}'s, which {subject} needs"
    assert word not in problem.remedy


def test_what_needs_no_cloud_takes_every_word() -> None:
    assert [cloud_problem(word, ["webhook", "http://host/hooks"]) for word in CLOUDS] == [None] * len(CLOUDS)
