"""A scenario as a value: what happens to the shop (`WorldConfig`), what it shows, what is expected of the subject."""

from typing import Annotated, Any, Final

from pydantic import Field

from stockstorm.scenarios.conditions import PATTERN
from stockstorm.scenarios.tiers import TierName
from stockstorm.simulator.config import ALL_SCOPES, API_FAULTS, LIFE, Name, RemovalRule, WorldConfig


def _conditions(schema: dict[str, Any]) -> None:
    schema["additionalProperties"] = {"type": "string", "pattern": f"^{PATTERN}$"}


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
            "delays are written as they are run; the report says how the factor affects the figures",
        ),
    ] = 1.0
    expect: Annotated[
        dict[str, str],
        Field(
            default_factory=dict,
            description='thresholds: a measure in quotes and its condition, e.g. "sync_latency_ms.p95" = "< 2000"',
            json_schema_extra=_conditions,
        ),
    ]

    @property
    def load_s(self) -> float:
        """Length of the load in seconds: all phases together."""
        return sum(phase.seconds for phase in self.phases)

    @property
    def faults_end_s(self) -> float:
        """When the last fault is lifted, in seconds after the start of load. One on evidence begins in the load."""
        return max(
            (fault.restart_after_s + (fault.at_s if fault.on == "time" else self.load_s) for fault in self.faults),
            default=0.0,
        )


def api_fault_notes(scenario: Scenario) -> tuple[str, ...]:
    """A note on the calls of the subject that the scenario makes fail. Empty if there are none."""
    shares = [f"{100 * one.share:g} % {API_FAULTS[one.kind]}" for one in scenario.api_faults if one.share < 1]
    outages = sum(one.share == 1 for one in scenario.api_faults)
    said = [*shares, *([f"{outages} outages" if outages > 1 else "an outage"] if outages else [])]
    return (f"calls of the subject fail at the simulated APIs: {', '.join(said)}",) if said else ()


_REMOVALS: Final[dict[RemovalRule, str]] = {
    "consecutive": "a subscription is removed after 8 failed attempts in a row, as one of Shopify's pages says",
    "day": "a subscription is removed after 8 deliveries given up within a day, as one of Shopify's pages may mean",
}


def delivery_notes(scenario: Scenario) -> tuple[str, ...]:
    """Notes on how deliveries differ from the default. Empty if they do not."""
    delivery, notes = scenario.delivery, []
    if delivery.retry_time_scale != 1:
        scale = f"{delivery.retry_time_scale:g}"
        notes.append(f"gaps between delivery retries are shortened: each is {scale} of Shopify's, to fit a short run")
    if delivery.policy == "guide":
        notes.append("deliveries are tried again 19 times over 48 hours, as until September 2024")
    elif delivery.removal in _REMOVALS:
        notes.append(_REMOVALS[delivery.removal])
    return tuple(notes)


def rotates(scenario: Scenario) -> bool:
    """Whether the client secret is rotated, so that the run has a second one."""
    return any(life.kind == "rotate_secret" for life in scenario.life)


def life_notes(scenario: Scenario) -> tuple[str, ...]:
    """Notes on what happens to the app, and on what it may not do. Empty for an app that is left alone."""
    notes = []
    if scenario.life:
        times: dict[str, list[str]] = {}
        for life in scenario.life:
            times.setdefault(LIFE[life.kind], []).append(f"{life.at_s:g}")
        happens = (f"{what} at {', '.join(at)} s" for what, at in times.items())
        notes.append("what happens to the app: " + "; ".join(happens))
    if scenario.app.scopes != ALL_SCOPES:
        notes.append(f"the app has these access scopes only: {', '.join(scenario.app.scopes) or 'none'}")
    if scenario.app.customer_data != "all":
        notes.append("the app may not read protected customer data")
    return tuple(notes)


def compression_notes(scenario: Scenario) -> tuple[str, ...]:
    """Notes on how running a scenario in compressed time affects its figures. Empty in real time."""
    if scenario.time_compression == 1:
        return ()
    factor = f"{scenario.time_compression:,.6g}"
    rates = (
        f"time is compressed: each second of load stands for {factor} of the shop's, so rates are {factor} times the "
        "real ones"
    )
    latency = (
        "the subject's own time is not compressed: sync latency and ack time are real, and oversells per sell-out are "
        f"overstated by about {factor} times, as long as the other channels still show units"
    )
    points = (
        "the Admin API restores its points in real seconds, so the subject has that many times fewer points per order "
        "than in a real shop"
    )
    return rates, latency, points
