"""What playing a scenario in less time than it stands for does to its figures, said in every report of such a run."""

from scenarios.spec import Scenario


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
