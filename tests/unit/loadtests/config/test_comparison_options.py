"""The words of `stockstorm compare`, read into a matrix or answered with what to write."""

import os

import pytest

from stockstorm.loadtests.config.comparison_options import ComparisonOptions
from stockstorm.loadtests.config.flag import read_options, require
from stockstorm.loadtests.subjects.architectures import ARCHITECTURES
from stockstorm.simulator.errors import ScenarioError


def complaint(**words: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        require(read(**words).problems())
    return str(caught.value)


def read(**words: str) -> ComparisonOptions:
    return read_options(ComparisonOptions, {"scenario": "smoke", "subjects": "polling", "seeds": "1"} | words)


def test_lists_and_ranges_become_a_matrix() -> None:
    found = read(subjects="polling, webhook", seeds="1-3,7", rates="200,400.5", safety_stocks="0,2", cloud="real")
    assert found == ComparisonOptions(
        scenario="smoke",
        subjects=("polling", "webhook"),
        seeds=(1, 2, 3, 7),
        rates=(200.0, 400.5),
        safety_stocks=(0, 2),
        cloud="real",
    )


def test_left_out_rates_and_stocks_are_the_scenarios_own() -> None:
    found = read()
    assert (found.rates, found.safety_stocks) == ((None,), (None,))


def test_left_out_subjects_are_all_architectures() -> None:
    assert read_options(ComparisonOptions, {"scenario": "smoke"}).subjects == tuple(ARCHITECTURES)


def test_reference_is_the_default_architecture() -> None:
    assert read(subjects="reference").subjects == ("queue-postgres",)


def test_a_service_of_ones_own_is_refused_with_the_command_that_plays_it() -> None:
    said = complaint(subjects="reference,http://mary:hush@127.0.0.1:8080/webhooks")
    assert "--subjects: a service of your own cannot be emptied and given a new port for each run" in said
    assert "stockstorm run SCENARIO --subject URL --seed 1" in said
    assert "hush" not in said


def test_a_database_url_is_not_kept_since_it_holds_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOCKSTORM_POSTGRES_URL", "")  # so that the test's end takes away what is put there
    assert read(postgres="postgresql://me:hush@host/db").postgres == "url"
    assert os.environ["STOCKSTORM_POSTGRES_URL"] == "postgresql://me:hush@host/db"


def test_a_database_that_cannot_be_meant_is_told_with_all_else() -> None:
    said = complaint(subjects="pollling", postgres="dockr")
    assert "--postgres: 'dockr' is unknown" in said
    assert "--subjects: there is no 'pollling'" in said


def test_a_cloud_that_one_of_the_subjects_cannot_have_is_told() -> None:
    assert "'moto' is none of pubsub's, which bus-pubsub needs" in complaint(
        subjects="polling,bus-pubsub", cloud="moto"
    )


def test_an_unknown_subject_is_answered_with_the_nearest() -> None:
    said = complaint(subjects="queue-postgress")
    assert "there is no 'queue-postgress'" in said
    assert 'did you mean "queue-postgres"?' in said
    assert "URL" not in said  # which compare does not take


@pytest.mark.parametrize("seeds", ["x", "3-1", "-1", "1-", "1.5", "9223372036854775808", "1-5000"])
def test_seeds_that_do_not_fit_are_told_what_would(seeds: str) -> None:
    assert "write e.g. 1-5, or 1,4,7" in complaint(seeds=seeds)


@pytest.mark.parametrize(
    ("word", "flag"),
    [("subjects", "--subjects"), ("seeds", "--seeds"), ("rates", "--rates"), ("safety_stocks", "--safety-stock")],
)
def test_a_list_that_names_nothing_is_told(word: str, flag: str) -> None:
    said = complaint(**{word: " , "})
    assert f"{flag}: there is none" in said
    assert "→ write " in said


def test_no_seeds_at_all_are_told() -> None:
    assert "--seeds: there is none" in complaint(seeds="")


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        ({"rates": "fast"}, "--rates"),
        ({"rates": "0"}, "--rates"),
        ({"rates": "inf"}, "--rates"),
        ({"safety_stocks": "-2"}, "--safety-stock"),
        ({"safety_stocks": "10001"}, "--safety-stock"),
        ({"safety_stocks": "two"}, "--safety-stock"),
    ],
)
def test_rates_and_stocks_that_do_not_fit_are_told(words: dict[str, str], flag: str) -> None:
    assert f"{flag}: " in complaint(**words)
    assert "does not fit" in complaint(**words)


def test_what_stands_there_twice_is_told() -> None:
    assert "queue-postgres stands there twice" in complaint(subjects="reference,queue-postgres")
    assert "3 stands there twice" in complaint(seeds="1-5,3")


def test_everything_that_is_wrong_is_told_at_once() -> None:
    said = complaint(subjects="pollling", seeds="x", rates="y", safety_stocks="z")
    assert all(flag in said for flag in ("4 problems", "--subjects", "--seeds", "--rates", "--safety-stock"))
