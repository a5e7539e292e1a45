"""The loader: what it reads, and that every problem is reported at once with its place and remedy."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from stockstorm.loadtests.exits import exit_code
from stockstorm.scenarios import Scenario, load
from stockstorm.scenarios.loader import recorded
from stockstorm.simulator.errors import ScenarioError
from tests.running import ROOT

Write = Callable[..., str]
Complaint = Callable[..., str]


def test_a_small_sound_file_gives_a_scenario_with_defaults(write: Write) -> None:
    scenario = load(write())
    assert isinstance(scenario, Scenario)
    assert (scenario.name, scenario.tier, scenario.expect) == ("mine", None, {})
    assert scenario.load_s == 5.0
    assert scenario.quiesce.quiet_s == 2.0


def test_a_file_may_give_itself_another_name(write: Write) -> None:
    assert load(write(add="", name="x.toml")).name == "x"
    assert load(write(("title =", 'name = "other"\ntitle ='))).name == "other"


def test_a_file_name_that_cannot_name_a_run_asks_for_a_name(write: Write) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(write(name="My-Shop.toml"))
    assert "the file's own name, 'My-Shop', cannot name a scenario" in str(caught.value)
    assert 'rename it to my_shop.toml, or write name = "my_shop"' in str(caught.value)


def test_a_wrong_name_in_the_file_is_not_blamed_on_the_file_name(complaint: Complaint) -> None:
    assert 'name: "My-Shop" does not fit' in complaint(("title =", 'name = "My-Shop"\ntitle ='))


def test_a_shipped_scenario_is_loaded_by_name_and_by_path() -> None:
    by_name = load("smoke")
    by_path = load(str(ROOT / "scenarios" / "smoke.toml"))
    assert by_name == by_path


def test_an_unknown_name_gets_a_similar_one_and_the_list() -> None:
    with pytest.raises(ScenarioError) as caught:
        load("flashsale")
    assert 'did you mean "flash_sale"?' in str(caught.value)
    assert "smoke" in str(caught.value)


def test_a_missing_file_is_reported() -> None:
    with pytest.raises(ScenarioError, match="there is no such file"):
        load("./nowhere/mine.toml")


def test_a_directory_is_called_one(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").mkdir()
    with pytest.raises(ScenarioError, match="that is a directory"):
        load(str(tmp_path / "mine.toml"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a = " + "[" * 25 + "]" * 25, "nested more than 20 levels deep"),
        ("a = " + "[" * 1_000 + "]" * 1_000, "nested more than 20 levels deep"),
        ("a = " + "{b = " * 1_000 + "1" + "}" * 1_000, "nested more than 20 levels deep"),
        (".".join(["a"] * 20_000) + " = 1", "line 1: a key of more than 50 parts"),
        ("[" + ".".join(["a"] * 20_000) + "]", "line 1: a key of more than 50 parts"),
        ("a = " + "9" * 5_000, "a number is too long"),
        ('a = "' + "x" * 2_000_000 + '"', "it has more than 1,000,000 bytes"),
    ],
    ids=["lists", "deep lists", "deep tables", "long key", "long header", "long number", "long file"],
)
def test_a_hostile_file_gets_one_line_at_once(tmp_path: Path, text: str, found: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    started = time.process_time()
    with pytest.raises(ScenarioError, match=found):
        load(str(path))
    assert time.process_time() - started < 1


def test_tiers_are_no_scenario() -> None:
    with pytest.raises(ScenarioError, match="no scenario has that name"):
        load("tiers")


def test_a_syntax_error_names_its_line(write: Write) -> None:
    with pytest.raises(ScenarioError, match="line 2"):
        load(write(('"What it shows."', "What it shows.")))


def test_a_file_that_is_no_text_is_an_error_for_users(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ScenarioError, match="cannot be read"):
        load(str(path))


def test_the_exit_code_of_a_wrong_scenario_is_four(write: Write) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(write(("skus = 10", "skus = 0")))
    assert exit_code(caught.value) == 4


@pytest.mark.parametrize(
    ("old", "new", "key", "remedy"),
    [
        ("skus = 10", "skuz = 10", "shop.skuz: unknown key", 'did you mean "skus"?'),
        ("skus = 10", "skus = 0", "shop.skus: 0 does not fit", "a whole number from 1 to 50000"),
        ("skus = 10", 'skus = "10"', 'shop.skus: "10" does not fit', "a whole number"),
        ("skus = 10", "skus = true", "shop.skus: true does not fit", "a whole number"),
        ("seconds = 5.0", "seconds = 0", "phases.0.seconds: 0 does not fit", "a number above 0, up to 86400"),
        ("seconds = 5.0", "", "phases.0.seconds: missing", "add `seconds = …`, a number above 0"),
        ("seconds = 5.0", "seconds = nan", "phases.0.seconds: NaN does not fit", "a number above 0"),
        ("seconds = 5.0", "seconds = 2026-01-01", "phases.0.seconds", "a number above 0"),
        ('title = "A title"', "", "title: missing", "add `title = …`"),
        ('"A title"', '""', 'title: "" does not fit', "1 to 80 characters"),
        ("[shop]", "[shop]\nplan = 'plux'", 'shop.plan: "plux" does not fit', '"plus"'),
        ("[shop]", "[sho]", "sho: unknown key", 'did you mean "shop"?'),
        ("[[phases]]", "[phases]", "phases: ", "one or more tables, [[phases]]"),
        ('name = "bazaar"', 'name = "Bazaar"', 'channels.1.name: "Bazaar" does not fit', "of the form ^[a-z]"),
    ],
)
def test_a_wrong_value_is_reported_with_its_key_what_was_found_and_what_to_write(
    complaint: Complaint, old: str, new: str, key: str, remedy: str
) -> None:
    said = complaint((old, new))
    assert key in said
    assert remedy in said


def test_problems_of_every_kind_are_reported_at_once(complaint: Complaint) -> None:
    said = complaint(
        ("skus = 10", "skuz = 10"),
        ("seconds = 5.0", 'kind = "ramp"'),
        ('name = "online"', 'name = "bazaar"'),
        add='[expect]\n"oversel.units" = "< 3"\n'
        '[[perturbations]]\nkind = "dup"\ntopics = ["orders/creat"]\nshare = 1\n',
    )
    assert "8 problems" in said
    for key in (
        "shop.skuz",
        "phases.0.seconds",
        "phases.0.rate_to",
        "channels:",
        "channels.1.name",
        'expect."oversel.units"',
        "perturbations.0.kind",
        "perturbations.0.topics.0",
    ):
        assert key in said


def test_a_relation_that_involves_a_wrong_key_is_not_reported(complaint: Complaint) -> None:
    said = complaint(("hot_skus = 2", "hot_skus = -2"))
    assert "shop.hot_skus" in said
    assert "hot_share" not in said


def test_an_entry_that_is_no_table_keeps_the_numbers_of_the_others(complaint: Complaint) -> None:
    said = complaint(
        ('[[channels]]\nname = "online"\n\n[[channels]]\nname = "bazaar"', ""), ("[shop]", "channels = [3, {}]\n[shop]")
    )
    assert "channels.0: 3 does not fit" in said
    assert "channels.1.name: missing" in said


def test_a_measure_without_quotes_is_shown_how_to_be_written(complaint: Complaint) -> None:
    said = complaint(add='[expect]\nsync_latency_ms.p95 = "< 2000"\n')
    assert '"sync_latency_ms.p95" = "< 2000"' in said


def test_names_of_measures_are_checked_only_against_a_catalogue(write: Write) -> None:
    path = write(add='[expect]\n"no.such" = "< 3"\n')
    assert load(path).expect == {"no.such": "< 3"}
    with pytest.raises(ScenarioError, match="unknown measure"):
        load(path, {"lost.events"})


def test_a_recorded_scenario_is_read_as_it_was_run() -> None:
    scenario = load("flash_sale")
    assert recorded(scenario.model_dump(mode="json")) == scenario


def test_a_scenario_recorded_by_another_version_keeps_what_still_fits() -> None:
    old = load("flash_sale").model_dump(mode="json")
    old["shop"] |= {"forgotten": 3, "skus": "many"}
    old["perturbations"] = [{"kind": "teleport", "share": 0.1}, {"kind": "reorder"}]
    del old["title"]
    found = recorded(old)
    assert (found.name, found.title, found.expect) == ("flash_sale", "", old["expect"])
    assert found.shop.hot_skus == 12
    assert [entry.kind for entry in found.perturbations] == ["duplicate", "reorder"]


def test_a_recorded_threshold_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(ScenarioError, match=r"expect\.\"lost\.events\": 0 is not a condition"):
        recorded({"expect": {"lost.events": 0}})
