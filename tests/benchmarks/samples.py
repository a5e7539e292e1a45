"""Writes event bodies of a plan as a JSON array, drawn evenly by size, so that all generators send the same mix."""

import argparse
import json
from pathlib import Path
from typing import Any

from stockstorm.simulator.plan.planner import make_plan
from tests.benchmarks.load import SEED, config_for, make_delivery_service

SAMPLES = 24  # k6 reads them once per virtual user


def sampled(url: str) -> list[Any]:
    """Decoded bodies from the smallest to the largest, mixed."""
    config = config_for(4_000, 3)
    world, deliveries = make_delivery_service(url, config)
    bodies = []
    for item in make_plan("benchmark", config, SEED).items:
        attempts = deliveries.fire(world.apply(item, item.offset_ns).events, item.offset_ns).attempts
        bodies += [attempt.body for attempt in attempts]
    bodies.sort(key=len)
    step = len(bodies) // SAMPLES
    chosen = [json.loads(body) for body in bodies[step // 2 :: step]]
    return [*chosen[::2], *chosen[1::2]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.write_text(json.dumps(sampled(arguments.url)), encoding="utf-8")


if __name__ == "__main__":
    main()
