"""The generator's health: samples of gaps and queues, a memory limit that fits the machine, and enough descriptors."""

import resource
from types import SimpleNamespace

from stockstorm.loadtests.generator.health import GeneratorHealth, connections_allowed, resident_max_bytes
from stockstorm.loadtests.limits import HEALTH_INTERVAL_NS, SPARE_DESCRIPTORS
from stockstorm.simulator.history.facts import AnyFact, GeneratorSampled
from stockstorm.simulator.limits import CONNECTIONS_MAX

GIB = 1024**3
MS = 1_000_000
POOL = SimpleNamespace(connections=3, connections_max=9, waiting=2)
JOURNAL = SimpleNamespace(backlog=5)
API = SimpleNamespace(open=7, busy=1, take_used=lambda: 4)


def health_of(resident: int, facts: list[AnyFact], aborted: list[str]) -> GeneratorHealth:
    record, abort = facts.extend, aborted.append
    return GeneratorHealth(POOL, JOURNAL, API, record, abort, resident=lambda: resident, resident_max=2 * GIB)


def test_every_interval_is_sampled_with_its_largest_gap() -> None:
    facts: list[AnyFact] = []
    health = health_of(GIB, facts, [])
    health.begin(0)
    for now_ns in (10 * MS, 50 * MS, 60 * MS, HEALTH_INTERVAL_NS, HEALTH_INTERVAL_NS + 10 * MS):
        health.beat(now_ns)
    health.beat(2 * HEALTH_INTERVAL_NS)
    assert facts == [
        GeneratorSampled(HEALTH_INTERVAL_NS, HEALTH_INTERVAL_NS, HEALTH_INTERVAL_NS - 70 * MS, 3, 9, 2, 5, 7, 6, 4),
        GeneratorSampled(2 * HEALTH_INTERVAL_NS, HEALTH_INTERVAL_NS, HEALTH_INTERVAL_NS - 20 * MS, 3, 9, 2, 5, 7, 6, 4),
    ]


def test_a_punctual_heartbeat_has_no_gap() -> None:
    facts: list[AnyFact] = []
    health = health_of(GIB, facts, [])
    health.begin(0)
    for beat in range(1, 101):
        health.beat(beat * 10 * MS)
    (sample,) = facts
    assert isinstance(sample, GeneratorSampled)
    assert sample.hub_gap_max_ns == 0


def test_memory_above_the_limit_aborts_the_run() -> None:
    aborted: list[str] = []
    for resident in (2 * GIB, 3 * GIB):
        health_of(resident, [], aborted).beat(HEALTH_INTERVAL_NS)
    (reason,) = aborted
    assert reason.startswith("the generator holds 3072 MiB of memory, above its limit of 2048 MiB: lower the rate")


def test_half_of_a_small_machine_and_six_gib_of_a_large_one() -> None:
    assert [resident_max_bytes(size * GIB) / GIB for size in (2, 8, 12, 64)] == [1.0, 4.0, 6.0, 6.0]


def test_the_limit_of_connections_fits_the_open_files_of_this_process() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        allowed = connections_allowed()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert 1 <= allowed <= CONNECTIONS_MAX
        assert allowed <= soft - SPARE_DESCRIPTORS or soft <= SPARE_DESCRIPTORS
        assert hard == before[1]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_tight_soft_limit_is_raised_to_the_hard_one() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, before[0]), before[1]))
        assert connections_allowed() >= 512 - SPARE_DESCRIPTORS
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= min(512, before[0])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
