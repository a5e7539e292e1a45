"""Two sets of runs of one service: counts are compared exactly, timings by their spread."""

import random
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from stockstorm.reports.json_text import as_json
from stockstorm.reports.regress.compared import Compared
from stockstorm.reports.regress.gathered import gathered
from stockstorm.reports.regress.regression import Regression, regression
from stockstorm.reports.render.regression import print_regression, regression_junit, regression_markdown
from stockstorm.reports.result import Check, Finding, Incident, Result
from stockstorm.simulator.errors import HistoryError, ScenarioError
from tests.unit.reports.literal import golden_result


def run(
    number: int, measures: Mapping[str, float], *, lost: float = 0, ack: Finding = "valid", seed: int = 1
) -> Result:
    """One judged run; `measures` are timings."""
    incident = Incident("late", 1, "delivery 7 was answered after 6 s")
    checks = (
        Check("nothing_lost", "invalid" if lost else "valid", "as counted", {"lost.events": lost}),
        Check("ack_time", ack, "as measured", dict(measures), (incident,) if ack == "invalid" else (), 1),
    )
    return msgspec.structs.replace(
        golden_result(),
        run=f"run-{number}",
        seed=seed,
        verdict="invalid" if lost or ack == "invalid" else "valid",
        checks=checks,
        measures={**measures, "lost.events": lost},
    )


def sides(
    factor: float,
    noise: float,
    *,
    machine: float = 1.0,
    runs: int = 6,
    wobble: float = 0.0,
    yardstick: str = "resources.generator.yardstick_ms",
) -> Regression:
    """Runs before, and runs after whose acknowledgements take `factor` times as long on a machine of another speed.

    `wobble`: by how much the machine's speed varies from run to run, with all that runs on it.
    """
    rng = random.Random(3)

    def one(number: int, times: float, cost: float) -> Result:
        vary, speed = 1 + rng.uniform(-noise, noise), 1 + rng.uniform(-wobble, wobble)
        return run(number, {"ack_time_ms.p50": 10 * times * vary * speed, yardstick: 0.2 * cost * speed})

    before = [one(number, 1, 1) for number in range(runs)]
    return regression(before, [one(number, factor, machine) for number in range(runs)])


def ack(found: Regression) -> Compared:
    return next(one for one in found.compared if one.name == "ack_time_ms.p50")


def test_a_slow_down_beyond_the_noise_is_a_regression() -> None:
    found = sides(1.15, 0.02)
    assert found.change == "regressed"
    assert ack(found).shift is not None
    assert found.reasons[0].startswith("ack time, median: +1")


def test_the_same_service_twice_is_the_same() -> None:
    assert sides(1.0, 0.02).change == "same"


def test_a_faster_service_is_improved() -> None:
    assert sides(0.8, 0.02).change == "improved"


def test_a_slower_machine_is_not_a_slower_service() -> None:
    found = sides(1.15, 0.02, machine=1.2)
    assert found.machine == pytest.approx(1.2)
    assert ack(found).noise == pytest.approx(0.1)
    assert found.change == "same"
    told = "some count only beyond 10%, because after the change the machine was 20% slower"
    assert told in regression_markdown(found)


@pytest.mark.parametrize("yardstick", ["resources.generator.yardstick_ms", "resources.generator.cores"])
def test_a_slow_down_is_found_on_a_machine_whose_speed_varies_more_than_it(yardstick: str) -> None:
    found = sides(1.15, 0.01, wobble=0.2, runs=5, yardstick=yardstick)
    assert ack(found).by_machine
    assert found.change == "regressed"
    assert "1 timing followed the machine from run to run" in regression_markdown(found)


def test_a_machine_whose_speed_varies_gives_no_alarm() -> None:
    found = sides(1.0, 0.01, wobble=0.2, runs=5)
    assert ack(found).by_machine
    assert found.change == "same"


def test_without_the_yardstick_that_machine_hides_the_slow_down() -> None:
    found = sides(1.15, 0.01, wobble=0.2, runs=5, yardstick="resources.other")
    assert ack(found).change == "unknown"
    assert found.machine == 1


def test_a_timing_that_waits_for_something_else_is_not_divided_by_the_machine() -> None:
    def side() -> list[Result]:
        yardstick = "resources.generator.yardstick_ms"
        return [run(i, {"ack_time_ms.p50": 80 + i % 2, yardstick: 0.2 + i / 50}) for i in range(5)]

    assert not ack(regression(side(), side())).by_machine


def test_the_cpu_of_a_webhook_is_compared_and_cores_only_where_older_results_have_no_more() -> None:
    new = {"resources.receiver.cpu_ms": 1.0, "resources.receiver.cores": 0.1, "resources.generator.cpu_ms": 1.0}
    old = {"resources.receiver.cores": 0.1}

    def timings(one: Mapping[str, float], other: Mapping[str, float]) -> list[str]:
        compared = regression([run(0, one)], [run(1, other)]).compared
        return [each.name for each in compared if each.kind == "timing"]

    assert timings(new, new) == ["resources.receiver.cpu_ms"]
    assert timings(old, new) == ["resources.receiver.cores"]


def test_runs_that_vary_too_much_decide_nothing() -> None:
    found = sides(1.0, 0.5)
    assert ack(found).change == "unknown"
    assert "give more runs" in ack(found).reason


def test_three_runs_a_side_give_no_interval() -> None:
    found = sides(2.0, 0.0, runs=3)
    assert found.change == "unknown"
    assert "4 of one plan" in found.reasons[0]


def test_one_lost_event_is_a_regression_whatever_the_timings_say() -> None:
    found = regression([run(0, {})], [run(1, {}, lost=1)])
    assert found.change == "regressed"
    assert {one.name for one in found.compared if one.change == "regressed"} == {"nothing_lost", "lost.events"}


def test_a_check_that_fails_newly_is_a_regression_with_its_incidents() -> None:
    found = regression([run(0, {})], [run(1, {}, ack="invalid")])
    assert found.change == "regressed"
    check = next(one for one in found.compared if one.name == "ack_time")
    assert [incident.text for incident in check.incidents] == ["delivery 7 was answered after 6 s"]


def test_a_check_that_failed_before_as_well_is_no_regression() -> None:
    found = regression([run(0, {}, ack="invalid")], [run(1, {}, ack="invalid")])
    assert next(one for one in found.compared if one.name == "ack_time").change == "same"


def test_a_check_that_no_run_judged_on_one_side_is_not_compared() -> None:
    found = regression([run(0, {}, ack="unknown")], [run(1, {}, ack="invalid")])
    assert "ack_time" not in {one.name for one in found.compared}


def test_other_plans_on_the_two_sides_are_refused_with_both_named() -> None:
    with pytest.raises(ScenarioError, match=r"only the baseline has .*seed 1; only the candidate has .*seed 2"):
        regression([run(0, {})], [run(1, {}, seed=2)])


def test_only_plans_of_one_side_are_named_and_few_of_many() -> None:
    after = [run(0, {}), *(run(n, {}, seed=n) for n in range(2, 11))]
    with pytest.raises(ScenarioError) as told:
        regression([run(0, {})], after)
    assert told.value.found.startswith("only the candidate has flash_sale, seed 2, flash_sale, seed 3")
    assert told.value.found.endswith("and 4 more")


def test_timings_of_a_side_without_a_judged_run_regress_nothing_and_its_counts_do() -> None:
    def side(factor: float, lost: float = 0) -> list[Result]:
        runs = [run(i, {"ack_time_ms.p50": 10 * factor + i / 10}, lost=lost) for i in range(5)]
        return [msgspec.structs.replace(one, verdict="unknown", reasons=("it was late",)) for one in runs]

    late = regression(side(1), side(2))
    assert ack(late).change == "regressed"
    assert late.change == "unknown"
    assert late.reasons == ("no run of a side is judged: run-0 is unknown, it was late",)
    assert regression(side(1), side(1, lost=1)).change == "regressed"
    assert "10 runs without a verdict: run-0 is unknown, it was late" in regression_markdown(late)


@pytest.mark.parametrize(("processor", "change"), [("EPYC", "regressed"), ("Xeon", "unknown")])
def test_timings_of_other_machines_are_not_compared(processor: str, change: str) -> None:
    def side(factor: float, on: str) -> list[Result]:
        machine = {"processor": on, "cores": "2"}
        return [
            msgspec.structs.replace(run(i, {"ack_time_ms.p50": 10 * factor + i / 10}), machine=machine)
            for i in range(5)
        ]

    found = regression(side(1, "EPYC"), side(2, processor))
    told = "the sides were played on other machines: EPYC, 2 cores before, Xeon, 2 cores after"
    assert found.change == change
    assert (told in found.apart) is (told in regression_markdown(found)) is (change == "unknown")


def test_another_version_of_what_plays_the_runs_is_told() -> None:
    def side(number: int, version: str) -> list[Result]:
        return [msgspec.structs.replace(run(number, {}), versions={"stockstorm": version})]

    assert regression(side(0, "1.0"), side(1, "1.1")).apart == (
        "the sides were played by stockstorm 1.0 before, stockstorm 1.1 after",
    )
    assert not regression(side(0, "1.0"), side(1, "1.0")).apart


def test_runs_that_were_not_played_in_turns_are_told() -> None:
    def side(*began: int) -> list[Result]:
        return [msgspec.structs.replace(run(i, {}), started_wall_ns=at) for i, at in enumerate(began)]

    told = "the sides were not played in turns"
    assert told in regression_markdown(regression(side(1, 2), side(3, 4)))
    assert told not in regression_markdown(regression(side(1, 3), side(2, 4)))
    assert told not in regression_markdown(regression(side(1), side(2)))


def test_every_rendering_names_what_regressed() -> None:
    found = regression([run(0, {})], [run(1, {}, ack="invalid")])
    console = Console(width=80, record=True, quiet=True)
    print_regression(found, console)
    assert "✕ regressed" in regression_markdown(found)
    assert "delivery 7 was answered after 6 s" in regression_markdown(found)
    root = ET.fromstring(regression_junit(found))  # noqa: S314 - we wrote it
    failed = [case.get("name") for case in root.iter("testcase") if case.find("failure") is not None]
    assert failed == ["overall", "ack_time"]
    assert float(root.get("time", "0")) > 0
    assert sum(float(suite.get("time", "0")) for suite in root) == float(root.get("time", "0"))


def test_runs_are_gathered_from_a_file_a_run_and_a_folder_of_runs(tmp_path: Path) -> None:
    for number in range(2):
        folder = tmp_path / f"run-{number}"
        folder.mkdir()
        (folder / "result.json").write_bytes(as_json(run(number, {})))
    (tmp_path / "latest").symlink_to("run-1", target_is_directory=True)
    assert [result.run for result in gathered(tmp_path)] == ["run-0", "run-1"]
    link = tmp_path.with_name("linked")
    link.symlink_to(tmp_path, target_is_directory=True)
    assert [result.run for result in gathered(link)] == ["run-0", "run-1"]
    assert [result.run for result in gathered(tmp_path / "run-1")] == ["run-1"]
    assert [result.run for result in gathered(tmp_path / "run-1" / "result.json")] == ["run-1"]


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match=r"holds no result\.json"):
        gathered(tmp_path)
    with pytest.raises(HistoryError, match="no such file or folder"):
        gathered(tmp_path / "missing")


def test_a_check_of_speed_that_fails_in_few_runs_may_be_the_machine() -> None:
    before = [run(number, {}) for number in range(5)]
    for failures, change in ((1, "unknown"), (3, "regressed")):
        after = [run(number, {}, ack="invalid" if number < failures else "valid") for number in range(5)]
        found = regression(before, after)
        assert found.change == change
        assert next(one for one in found.compared if one.name == "ack_time").change == change


def test_nothing_is_called_the_same_while_a_median_varies_too_much() -> None:
    rng = random.Random(5)

    def side() -> list[Result]:
        return [
            run(i, {"ack_time_ms.p50": rng.uniform(5, 50), "resources.receiver.cpu_ms": 1.0 + i / 100})
            for i in range(5)
        ]

    found = regression(side(), side())
    assert found.change == "unknown"
    assert found.reasons[0].startswith("ack time, median: ")


def test_a_tail_that_varies_leaves_the_rest_the_same() -> None:
    rng = random.Random(5)

    def side() -> list[Result]:
        return [run(i, {"ack_time_ms.p50": 10 + i / 10, "ack_time_ms.p95": rng.uniform(5, 500)}) for i in range(5)]

    found = regression(side(), side())
    assert found.change == "same"
    assert "1 comparison without an answer" in found.reasons[0]


def test_a_tail_must_change_by_more_than_a_median() -> None:
    def side(factor: float) -> list[Result]:
        return [run(i, {"ack_time_ms.p50": 10 + i / 10, "sync_latency_ms.p95": 40 * factor + i / 10}) for i in range(5)]

    for factor, change in ((1.12, "same"), (1.3, "regressed")):
        assert regression(side(1), side(factor)).change == change


def waited(factor: float, delay: float = 1.0, *, wobble: float = 0.3, quiet: bool = False) -> Regression:
    """Five runs a side, in whose answers the service waits `factor` times as long, and the machine lets all wait.

    `delay`: how many times as long the machine lets work wait after the change; `wobble`: how that varies.
    """
    rng = random.Random(11)

    def one(number: int, times: float, busy: float) -> Result:
        speed, own = 1 + rng.uniform(-wobble, wobble), 1 + rng.uniform(-0.01, 0.01)
        answer = 2 * times * own * (1 if quiet else busy * speed)
        return run(number, {"answer_time_ms.p2": answer, "generator.lateness_ms.p50": 1.5 * busy * speed})

    before = [one(number, 1, 1) for number in range(5)]
    return regression(before, [one(number, factor, delay) for number in range(5)])


def answer(found: Regression) -> Compared:
    return next(one for one in found.compared if one.name == "answer_time_ms.p2")


def test_a_wait_is_found_on_a_machine_that_lets_work_wait_for_more_than_it() -> None:
    found = waited(1.15)
    assert answer(found).by_machine
    assert found.change == "regressed"
    assert found.reasons[0].startswith("answer time, quickest fiftieth: +1")


def test_a_machine_that_lets_all_work_wait_gives_no_alarm() -> None:
    assert waited(1.0).change == "same"


def test_an_answer_that_does_not_follow_the_machine_is_compared_as_it_is() -> None:
    found = waited(1.15, quiet=True)
    assert not answer(found).by_machine
    assert found.change == "regressed"


def test_a_slow_down_that_a_busier_machine_would_explain_is_neither_a_regression_nor_the_same() -> None:
    found = waited(1.0, 1.5, wobble=0.05)
    assert answer(found).change == found.change == "unknown"
    assert "play the runs of both sides in turns" in found.reasons[0]
    assert "because after the change the machine let work wait 49% longer" in regression_markdown(found)


def test_nothing_improves_because_the_machine_was_busier() -> None:
    found = waited(0.7, 1.6, wobble=0.05)
    assert answer(found).shift is not None
    assert found.change in {"same", "unknown"}


def test_the_quickest_quarter_decides_where_it_is_measured() -> None:
    rng = random.Random(5)

    def side(name: str) -> list[Result]:
        return [run(i, {name: 8 + i / 10, "ack_time_ms.p50": 10 * rng.uniform(0.85, 1.15)}) for i in range(5)]

    assert regression(side("ack_time_ms.p25"), side("ack_time_ms.p25")).change == "same"
    assert regression(side("resources.a.cpu_ms"), side("resources.a.cpu_ms")).change == "unknown"
