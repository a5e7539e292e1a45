"""The table of memory: what each process held, and its growth with the events of the load."""

import pytest

from stockstorm.reports.history import History
from stockstorm.reports.render.downsample import STEP_BINS
from stockstorm.reports.render.figures.processes import MEMORY_BINS
from stockstorm.reports.render.figures.processes import memory as memory_figure
from stockstorm.reports.render.sections.memory import growth_mb, memory
from stockstorm.reports.render.view import RunView, samples_by_process
from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history.facts import AnyFact, EventFired, LoadStopped, ProcessSeen, ResourcesSampled, RunEnded
from tests.unit.reports.literal import golden_result, run_started

START = run_started().at_ns
SECONDS = 100


def view(rate: int, mb_per_s: float, *more: AnyFact, samples: int = SECONDS) -> RunView:
    """A load of 100 s with `rate` events a second, in which a worker's memory grows evenly from 50 MB."""
    facts: list[AnyFact] = [run_started(), *more]
    for n in range(SECONDS * rate):
        at_ns = START + n * SECOND_NS // rate
        facts.append(EventFired(at_ns, n, f"e{n}", "shopify", "orders/create"))
    for n in range(samples):
        at_s = n * SECONDS / samples
        rss = int((50 + mb_per_s * at_s) * 1e6)
        facts.append(ResourcesSampled(START + int(at_s * SECOND_NS), "worker", n, rss))
    end = START + SECONDS * SECOND_NS
    facts = sorted(facts, key=lambda fact: fact.at_ns)
    return RunView(golden_result(), History.of([*facts, LoadStopped(end), RunEnded(end, True)]))


@pytest.mark.parametrize("mb_per_s", [0.0, 0.4, -0.1])
def test_growth_is_told_by_events(mb_per_s: float) -> None:
    found = view(400, mb_per_s)
    grown = growth_mb(found, samples_by_process(found)["worker"])
    assert grown == pytest.approx(mb_per_s / 400 * 100_000, rel=0.02, abs=0.01)


def test_the_table_has_what_a_process_held_first_last_and_at_most() -> None:
    shown = memory(view(400, 0.4))
    assert '<th scope="row">worker</th><td>50</td><td>90</td><td>90</td><td>+100.0</td>' in shown


def test_growth_is_not_told_of_few_events_few_samples_or_a_restarted_process() -> None:
    assert "<td>too few events</td>" in memory(view(50, 0.4))
    assert "<td>too few events</td>" in memory(view(400, 0.4, samples=20))
    seen = [ProcessSeen(START, "worker", pid, 0) for pid in (7, 8)]
    assert "<td>restarted</td>" in memory(view(400, 0.4, *seen))


def test_a_process_seen_twice_by_two_observers_is_not_restarted() -> None:
    seen = [ProcessSeen(START, "worker", 7, 0), ProcessSeen(START + 1, "worker", 7, 0)]
    assert "<td>+100.0</td>" in memory(view(400, 0.4, *seen))


def test_a_run_without_samples_has_no_table() -> None:
    assert "<table>" not in memory(RunView(golden_result(), History.of([run_started(), RunEnded(START + 1, True)])))


def test_the_picture_of_a_long_run_is_bounded() -> None:
    figure = memory_figure(view(1, 0.4, samples=40_000))
    assert figure is not None
    assert MEMORY_BINS < STEP_BINS
    assert [len(trace["x"]) for trace in figure.traces] == [len(figure.traces[0]["y"])]
    assert MEMORY_BINS <= len(figure.traces[0]["x"]) <= 4 * (MEMORY_BINS + 1)
