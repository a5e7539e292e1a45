"""What playing a scenario in less time than it stands for does to its figures, said in every report of such a run.

A scenario as a value: what happens to the shop (`WorldConfig`), what it shows, what is expected of the subject.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from stockstorm.scenarios.measures import MEASURES
from stockstorm.simulator.config import Name, WorldConfig

TierName = Literal["under_30s", "under_10s", "under_2s"]


def _offer_measures(schema: dict[str, Any]) -> None:
    """Let an editor complete the names of measures and explain them."""
    condition = {"type": "string", "pattern": r"^\s*(<=|>=|==|<|>)\s*-?\d+(\.\d+)?\s*$"}
    schema["properties"] = {name: condition | {"description": meaning} for name, meaning in MEASURES.items()}
    schema["additionalProperties"] = False


class Scenario(WorldConfig):
    """One scenario file with everything applied. The name is the file's, unless the file gives another."""

    name: Annotated[Name, Field(description="how the command line and reports call it; left out: the file's own name")]
    title: Annotated[str, Field(min_length=1, max_length=80, description="a headline of the report")]
    shows: Annotated[str, Field(min_length=1, max_length=400, description="one or two sentences: what it shows")]
    tier: Annotated[TierName | None, Field(description="the benchmark tier whose traffic this is")] = None
    time_compression: Annotated[
        float,
        Field(
            gt=0,
            le=86_400,
            description="seconds of the shop's time that one second of load stands for; 1 is real time. Rates and "
            "delays are written as they are played; the report says what the factor does to the figures",
        ),
    ] = 1.0
    expect: Annotated[
        dict[str, str],
        Field(
            default_factory=dict,
            description='thresholds: a measure in quotes and its condition, e.g. "sync_latency_ms.p95" = "< 2000"',
            json_schema_extra=_offer_measures,
        ),
    ]

    @property
    def load_s(self) -> float:
        """Length of the load in seconds: all phases together."""
        return sum(phase.seconds for phase in self.phases)


def compression_notes(scenario: Scenario) -> tuple[str, ...]:
    """Sentences for the notes of a run; none in real time."""
    if scenario.time_compression == 1:
        return ()
    factor = f"{scenario.time_compression:,.6g}"
    rates = (
        f"time is compressed: each second of load stands for {factor} of the shop's, so rates are {factor} times life's"
    )
    latency = (
        "what the subject takes is not compressed: sync latency and ack time are real, and oversells for each sell-out "
        f"are overstated by about {factor} times, as far as the other channels still show units"
    )
    points = (
        "the Admin API restores its points in real seconds, so for each order the subject has that many times fewer of "
        "them than in life"
    )
    return rates, latency, points
