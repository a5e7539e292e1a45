"""A fault that a run cannot apply is refused before the run, with what to do instead."""

import pytest

from stockstorm.loadtests.config.fault_checks import fault_problems
from stockstorm.loadtests.subjects.architectures import ARCHITECTURES
from stockstorm.simulator.config import FAULTS, FaultKind


@pytest.mark.parametrize(
    ("subject", "kind", "postgres", "cloud", "said"),
    [
        ("polling", "kill_receiver", "embedded", "embedded", "polling has no receiver (kill_receiver)"),
        ("queue-postgres", "pause_broker", "embedded", "embedded", "queue-postgres has no broker (pause_broker)"),
        ("ipaas", "kill_receiver", "embedded", "embedded", "ipaas has no receiver (kill_receiver)"),
        ("queue-sqs", "pause_publisher", "embedded", "embedded", "has no publisher"),
        ("webhook", "kill_database", "docker", "embedded", "Stockstorm did not start this database"),
        ("webhook", "pause_database", "url", "embedded", "write --postgres embedded"),
        ("queue-sqs", "pause_broker", "embedded", "real", "the broker of --cloud real is no process of Stockstorm"),
        ("queue-pubsub", "kill_broker", "embedded", "docker", "write --cloud embedded"),
        ("bus-eventbridge", "kill_broker", "embedded", "embedded", "keeps its messages in memory"),
        ("queue-sqs", "kill_broker", "embedded", "embedded", "write pause_broker, or choose a subject: queue-pubsub"),
    ],
)
def test_a_fault_that_the_run_cannot_apply_says_why_and_what_to_do(
    subject: str, kind: FaultKind, postgres: str, cloud: str, said: str
) -> None:
    problems = fault_problems(ARCHITECTURES[subject], [kind], postgres, cloud, {})
    assert [said in str(problem) for problem in problems] == [True], problems


def test_an_emulator_of_the_users_own_is_not_ours_to_stop() -> None:
    given = {"PUBSUB_EMULATOR_HOST": "127.0.0.1:8085"}
    (problem,) = fault_problems(ARCHITECTURES["queue-pubsub"], ["pause_broker"], "embedded", "embedded", given)
    assert "unset PUBSUB_EMULATOR_HOST" in problem.remedy
    assert fault_problems(ARCHITECTURES["queue-pubsub"], ["pause_broker"], "embedded", "double", given) == []


@pytest.mark.parametrize("subject", ARCHITECTURES)
def test_all_other_faults_are_possible(subject: str) -> None:
    architecture = ARCHITECTURES[subject]
    kinds = [kind for kind, fault in FAULTS.items() if fault.target in architecture.targets]
    if architecture.cloud != "pubsub":
        kinds = [kind for kind in kinds if kind != "kill_broker"]
    assert fault_problems(architecture, kinds, "embedded", "embedded", {}) == []
