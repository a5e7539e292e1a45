"""How much memory the generator may hold depends on the machine."""

from stockstorm.loadtests.generator.health import resident_max_bytes

GIB = 1024**3


def test_half_of_a_small_machine_and_six_gib_of_a_large_one() -> None:
    assert [resident_max_bytes(size * GIB) / GIB for size in (2, 8, 12, 64)] == [1.0, 4.0, 6.0, 6.0]
