"""Three services that share no code with ours: sound, they are valid; each of their bugs is caught."""

from pathlib import Path

import pytest

from stockstorm.scenarios.loader import shipped_names
from tests.running import SHORT
from tests.strangers.declared import BEYOND, BUGS, WAYS, Beyond, Bug, Way
from tests.strangers.trial import STRANGERS, Trial, node, trial
from tests.verdicts import wrong_apart_from_speed

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(300),
]
OPTIONS = {"steady": ("--rate", "30")}
SEEDS = {"smoke": 10, "proof": 10, "flash_sale": 3, "failing_apis": 2, "steady": 2, "big_ids": 2, "old_api_version": 2}
ASKS_FOR_MORE = {(beyond.stranger, beyond.scenario) for beyond in BEYOND}
RUNS = [
    (stranger, scenario, seed)
    for scenario in shipped_names()
    for stranger in STRANGERS
    for seed in range(1, SEEDS.get(scenario, 1) + 1)
    if (stranger, scenario) not in ASKS_FOR_MORE
]


def named(part: object) -> str:
    """What a test is called for."""
    match part:
        case Bug() | Way():
            return f"{part.stranger}-{part.name}"
        case Beyond():
            return f"{part.stranger}-{part.scenario}"
    return str(part)


def skip_without_node(stranger: str) -> None:
    if stranger == "relay" and node() is None:
        pytest.skip("the service in JavaScript is NOT tested: node is not installed (Debian: apt install nodejs)")


def expect_no_accusation(done: Trial) -> None:
    """Apart from speed, which is the machine's beside other tests: what waits for too long can look like a mistake."""
    assert done.code < 3, done.output + done.log
    assert wrong_apart_from_speed(done.result) == {}, done.output + done.log
    assert done.verdict != "valid" or done.accusations == done.causes == [], done.output


@pytest.mark.parametrize("stranger", STRANGERS)
def test_a_sound_stranger_is_valid_and_accused_of_nothing(stranger: str, tmp_path: Path) -> None:
    skip_without_node(stranger)
    expect_no_accusation(trial(stranger, "smoke", tmp_path, "--seed", "1", "--seconds", SHORT))


@pytest.mark.parametrize("way", ["by_rest"])  # the others are in the proof below
def test_a_sound_service_of_another_way_is_valid_and_accused_of_nothing(way: str, tmp_path: Path) -> None:
    expect_no_accusation(trial("sweep", "smoke", tmp_path, "--seed", "1", "--seconds", SHORT, bug=f"ways.{way}"))


@pytest.mark.prove
@pytest.mark.parametrize(("stranger", "scenario", "seed"), RUNS)
def test_a_sound_stranger_is_valid_in_every_scenario_that_its_level_allows(
    stranger: str, scenario: str, seed: int, tmp_path: Path
) -> None:
    skip_without_node(stranger)
    done = trial(stranger, scenario, tmp_path, "--seed", str(seed), *OPTIONS.get(scenario, ()))
    assert done.verdict == "valid", done.output + done.log
    assert done.accusations == done.causes == [], done.output


@pytest.mark.prove
@pytest.mark.parametrize("beyond", BEYOND, ids=named)
def test_a_stranger_is_told_what_it_was_not_built_for_and_nothing_else(beyond: Beyond, tmp_path: Path) -> None:
    skip_without_node(beyond.stranger)
    done = trial(beyond.stranger, beyond.scenario, tmp_path, "--seed", "1")
    if done.verdict == "valid" and not beyond.surely:
        return
    assert done.verdict == "invalid", done.output + done.log
    assert done.named in beyond.named, done.output


@pytest.mark.prove
@pytest.mark.parametrize(
    ("way", "scenario"), [(way, scenario) for way in WAYS for scenario in way.scenarios], ids=named
)
def test_a_sound_service_of_another_way_is_accused_of_nothing_under_load(
    way: Way, scenario: str, tmp_path: Path
) -> None:
    skip_without_node(way.stranger)
    done = trial(way.stranger, scenario, tmp_path, "--seed", "1", *way.options, bug=f"ways.{way.name}")
    assert done.verdict == "valid", done.output + done.log
    assert done.accusations == done.causes == [], done.output


@pytest.mark.prove
@pytest.mark.parametrize("bug", BUGS, ids=named)
def test_a_bug_of_a_stranger_is_caught_and_named(bug: Bug, tmp_path: Path) -> None:
    skip_without_node(bug.stranger)
    done = trial(bug.stranger, bug.scenario, tmp_path, "--seed", "1", *bug.options, bug=bug.name)
    assert done.catches(bug), done.output + done.log
    assert done.names(bug), done.output
