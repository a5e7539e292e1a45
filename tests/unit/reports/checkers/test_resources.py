"""CPU and memory of each process during load."""

from stockstorm.reports.checkers.resources import Resources
from stockstorm.reports.result import Check
from stockstorm.simulator.history import facts as f
from tests.literal_history import history, ns, opened

MIB = 1024**2


def sample(at_ms: int, process: str, cpu_ms: int, mib: int) -> f.ResourcesSampled:
    return f.ResourcesSampled(ns(at_ms), process, cpu_ms * 1_000_000, mib * MIB)


def test_without_samples_nothing_is_known() -> None:
    found = Resources()(history(opened()))
    assert found == Check("resources", "unknown", "no process was sampled during load", {})


def test_one_sample_gives_memory_but_no_cpu() -> None:
    found = Resources()(history(opened(), sample(0, "worker", 500, 40)))
    assert found.measures == {"resources.worker.cores": 0.0, "resources.worker.rss_mib.max": 40.0}


def test_each_process_has_its_own_cores() -> None:
    samples = [
        sample(at, name, at // share, 10 * share) for at in (0, 1_000, 2_000) for name, share in (("a", 2), ("b", 4))
    ]
    found = Resources()(history(opened(), *samples, f.LoadStopped(ns(2_000)), sample(4_000, "a", 4_000, 500)))
    assert found == Check(
        "resources",
        "measured",
        "cores used on average: a 0.50, b 0.25",
        {
            "resources.a.cores": 0.5,
            "resources.a.rss_mib.max": 20.0,
            "resources.b.cores": 0.25,
            "resources.b.rss_mib.max": 40.0,
        },
    )


def test_a_restarted_process_counts_the_use_of_both() -> None:
    samples = [sample(0, "worker", 900, 1), sample(1_000, "worker", 1_400, 1), sample(2_000, "worker", 100, 1)]
    found = Resources()(history(opened(), *samples, sample(3_000, "worker", 400, 1), f.LoadStopped(ns(3_000))))
    assert round(found.measures["resources.worker.cores"], 3) == round((0.5 + 0.3) / 3, 3)


def worked(process: str, cpu_ms: int) -> list[f.ResourcesSampled]:
    """A process that uses CPU from before the load until after it: 10 s."""
    return [sample(at, process, at * cpu_ms // 10_000, 1) for at in range(0, 10_001, 1_000)]


def attempts(count: int) -> list[f.AttemptEnded]:
    return [f.AttemptEnded(ns(5_000), number, 1, 0, 0, 0, 0, 0) for number in range(count)]


def test_the_cpu_of_a_webhook_counts_what_is_done_after_the_load() -> None:
    found = Resources()(history(opened(), *worked("worker", 500), f.LoadStopped(ns(5_000)), *attempts(100)))
    assert found.measures["resources.worker.cpu_ms"] == 5.0


def test_the_yardstick_is_the_generators_cpu_for_its_work_whatever_the_subject_asks_of_it() -> None:
    calls = [f.ApiCalled(ns(5_000), number, "admin", "", 200, "ok") for number in range(400)]
    quiet = Resources()(history(opened(), *worked("generator", 1_800), *attempts(1_000), f.LoadStopped(ns(9_000))))
    asked = Resources()(
        history(opened(), *worked("generator", 3_000), *attempts(1_000), *calls, f.LoadStopped(ns(9_000)))
    )
    both = [found.measures["resources.generator.yardstick_ms"] for found in (quiet, asked)]
    assert both == [1.0, 1.0]


def test_without_attempts_there_is_no_cost_of_one() -> None:
    found = Resources()(history(opened(), *worked("generator", 100), f.LoadStopped(ns(9_000))))
    assert set(found.measures) == {"resources.generator.cores", "resources.generator.rss_mib.max"}
