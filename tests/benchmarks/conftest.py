"""What pytest-benchmark writes: no host, user, branch or processor, and of the rounds only how fast they were."""

from typing import Any, Final

KEPT: Final = ("min", "median", "rounds")  # of the statistics, in seconds of CPU


def pytest_benchmark_generate_machine_info() -> dict[str, str]:
    """Nothing: a baseline is compared in calibration loops, and holds on any machine."""
    return {}


def pytest_benchmark_generate_commit_info() -> dict[str, str]:
    """Nothing: the report is committed itself."""
    return {}


def pytest_benchmark_update_json(output_json: dict[str, Any]) -> None:
    """Only benchmarks with parameters have names by which they are found again: the hot paths."""
    output_json["benchmarks"] = [
        {
            "name": one["name"],
            "param": one["param"],
            "extra_info": one["extra_info"],
            "stats": {name: float(f"{one['stats'][name]:.3g}") for name in KEPT},
        }
        for one in output_json["benchmarks"]
        if one["param"]
    ]
