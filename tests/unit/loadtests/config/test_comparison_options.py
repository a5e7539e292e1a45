"""The options of `stockstorm compare`: parsed into a matrix, or refused with what to write."""

import os
from pathlib import Path

import pytest

from stockstorm.loadtests.config.comparison_options import ComparisonOptions
from stockstorm.loadtests.config.flag import read_options, require
from stockstorm.loadtests.subjects.architectures import ARCHITECTURES
from stockstorm.simulator.errors import ScenarioError


def refusal(**words: str) -> str:
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


def test_a_running_service_is_refused_with_what_to_give_instead() -> None:
    message = refusal(subjects="reference,http://mary:hush@127.0.0.1:8080/webhooks")
    assert "--subjects: a running service cannot be emptied and started again for each run" in message
    assert "--subjects before.toml,after.toml" in message
    assert "hush" not in message


def test_services_of_ones_own_are_compared_by_their_files(tmp_path: Path) -> None:
    files = [tmp_path / f"{name}.toml" for name in ("before", "after")]
    for file in files:
        file.write_text('webhooks = "http://127.0.0.1:${port}/w"\n[life]\nstart = "python app.py"\n')
    words = tuple(str(file) for file in files)
    assert read(subjects=f"reference,{','.join(words)}").subjects == ("queue-postgres", *words)


def test_a_file_without_a_life_or_with_mistakes_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('webhooks = "http://127.0.0.1:8080/w"\n')
    assert "each run would find what the last one left" in refusal(subjects=str(file))
    file.write_text('webhook = "x"\n')
    assert "unknown key 'webhook'" in refusal(subjects=str(file))


def test_a_database_url_is_not_kept_since_it_holds_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOCKSTORM_POSTGRES_URL", "")  # so that the test's end takes away what is put there
    assert read(postgres="postgresql://me:hush@host/db").postgres == "url"
    assert os.environ["STOCKSTORM_POSTGRES_URL"] == "postgresql://me:hush@host/db"


def test_a_database_that_is_unknown_is_reported_with_all_other_problems() -> None:
    message = refusal(subjects="pollling", postgres="dockr")
    assert "--postgres: 'dockr' is unknown" in message
    assert "--subjects: there is no 'pollling'" in message


def test_a_cloud_that_one_of_the_subjects_cannot_have_is_reported() -> None:
    assert "'moto' is none of pubsub's, which bus-pubsub needs" in refusal(subjects="polling,bus-pubsub", cloud="moto")


def test_an_unknown_subject_is_answered_with_the_nearest() -> None:
    message = refusal(subjects="queue-postgress")
    assert "there is no 'queue-postgress'" in message
    assert 'did you mean "queue-postgres"?' in message
    assert "URL" not in message  # which compare does not take


@pytest.mark.parametrize("seeds", ["x", "3-1", "-1", "1-", "1.5", "9223372036854775808", "1-5000", "9" * 5_000])
def test_seeds_that_do_not_fit_are_answered_with_an_example(seeds: str) -> None:
    assert "write e.g. 1-5, or 1,4,7" in refusal(seeds=seeds)


@pytest.mark.parametrize(
    ("word", "flag"),
    [("subjects", "--subjects"), ("seeds", "--seeds"), ("rates", "--rates"), ("safety_stocks", "--safety-stock")],
)
def test_a_list_that_is_empty_is_reported(word: str, flag: str) -> None:
    message = refusal(**{word: " , "})
    assert f"{flag}: there is none" in message
    assert "→ write " in message


def test_no_seeds_at_all_are_reported() -> None:
    assert "--seeds: there is none" in refusal(seeds="")


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
def test_rates_and_stocks_that_do_not_fit_are_reported(words: dict[str, str], flag: str) -> None:
    assert f"{flag}: " in refusal(**words)
    assert "does not fit" in refusal(**words)


def test_a_value_named_twice_is_reported() -> None:
    assert "queue-postgres stands there twice" in refusal(subjects="reference,queue-postgres")
    assert "3 stands there twice" in refusal(seeds="1-5,3")


def test_everything_that_is_wrong_is_reported_at_once() -> None:
    message = refusal(subjects="pollling", seeds="x", rates="y", safety_stocks="z")
    assert all(flag in message for flag in ("4 problems", "--subjects", "--seeds", "--rates", "--safety-stock"))
