"""Every process of the registry is sampled, at most once a second, with each process seen once on both clocks."""

import os

import pytest

from stockstorm.loadtests.orchestrator import samples
from stockstorm.loadtests.orchestrator.samples import ProcessSamples
from stockstorm.loadtests.processes.registry import Registry
from stockstorm.simulator.history.facts import AnyFact, MachineSampled, ProcessSeen, ResourcesSampled


def test_each_group_is_sampled_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    facts: list[AnyFact] = []
    sampler = ProcessSamples(facts.append, Registry())
    others = {"generator": [os.getpid()], "gone": [2**22 + 1]}
    sampler.take(others)
    sampler.take(others)
    assert [type(fact) for fact in facts] == [ProcessSeen, ResourcesSampled, MachineSampled]
    monkeypatch.setattr(samples, "SAMPLE_EVERY_S", 0.0)
    sampler.take(others)
    assert [type(fact) for fact in facts] == [
        ProcessSeen,
        ResourcesSampled,
        MachineSampled,
        ResourcesSampled,
        MachineSampled,
    ]
    assert isinstance(facts[1], ResourcesSampled)
    assert (facts[1].process, facts[1].rss_bytes > 1_000_000) == ("generator", True)
    assert facts[1].descriptors >= 3
    before, after = facts[2], facts[4]
    assert isinstance(before, MachineSampled)
    assert isinstance(after, MachineSampled)
    assert 0 < before.busy_ns <= after.busy_ns
    assert before.cores >= 1
