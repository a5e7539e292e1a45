"""The benchmark tiers as values, read from `tiers.toml`: which latency suits which turnover, and what is advised."""

import tomllib
from functools import cache
from pathlib import Path

from stockstorm.scenarios.spec import TierName
from stockstorm.simulator.config import Config


class Tier(Config):
    """A limit on sync latency p95, and the monthly revenue in pounds that it is meant for (`upto` None: no end)."""

    name: TierName
    title: str
    limit_ms: float
    revenue_from: int
    revenue_upto: int | None = None
    architecture: str


@cache
def tiers() -> tuple[Tier, ...]:
    """All tiers, the loosest first."""
    text = Path(__file__).with_name("tiers.toml").read_text(encoding="utf-8")
    return tuple(Tier.model_validate(entry) for entry in tomllib.loads(text)["tiers"])
