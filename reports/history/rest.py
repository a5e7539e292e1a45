"""How the wait for rest ended: whether the run was at rest, what showed it, and what was still pending."""

import msgspec

from stockstorm.simulator.clock import SECOND_NS
from stockstorm.simulator.history.facts import QuietReached


class Rest(msgspec.Struct, frozen=True):
    """`text` is for reports: "by probe, two reads 0.5 s apart", "not reached: 66 pending by probe"."""

    text: str
    why_not: str  # why the end is not a state of rest, in one sentence; empty when it is
    seen_until_ns: int = 0  # until when effects of the subject were observed; 0: the run was cut off before
    waited_ns: int = 0  # from the end of the load
    stood_still_ns: int = 0  # for how long the subject had done nothing although it had work; 0: that is not proven


def rest_of(found: QuietReached | None, waiting: int) -> Rest:
    """`waiting`: deliveries that were tried and still waited for their next retry at the end of the run."""
    if found is None:
        return Rest("not reached", "the run never came to rest: its history has no QuietReached fact")
    if found.quiet:
        return Rest(_shown_by(found), "", found.at_ns)
    after = f"when the wait of {found.waited_ns / SECOND_NS:.0f} s ran out"
    short, long = _pending(found, waiting)
    if found.still_min_ns and found.still_ns >= found.still_min_ns and not waiting:
        still = f"{found.still_ns / SECOND_NS:.0f} s"
        after += f", and for {still} nothing had happened: no effect, no call that writes, and not one less pending"
        text = f"not reached: {short}, and nothing happened for {still}"
        return Rest(text, f"{long} {after}", found.at_ns, found.waited_ns, found.still_ns)
    return Rest(f"not reached: {short}", f"{long} {after}", found.at_ns)


def _shown_by(found: QuietReached) -> str:
    match found.by:
        case "probe" | "probe_and_queue":
            sources = "probe" if found.by == "probe" else "probe and queue"
            return f"by {sources}, two reads {found.apart_ns / SECOND_NS:.1f} s apart"
        case "silence":
            silence, gap = found.silence_ns / SECOND_NS, found.longest_gap_ns / SECOND_NS
            return f"by silence of {silence:.1f} s, longest gap {gap:.1f} s; the subject has no probe"
        case "":
            return "by silence, as an older version judged it"


def _pending(found: QuietReached, waiting: int) -> tuple[str, str]:
    """What was still pending, in a few words and as the beginning of a sentence. The most certain sign comes first."""
    if waiting:
        noun = "delivery" if waiting == 1 else "deliveries"
        return f"{waiting:,} {noun} waited for a retry", f"{waiting:,} {noun} still waited for the next retry"
    if found.attempts:
        noun = "attempt" if found.attempts == 1 else "attempts"
        return f"{found.attempts:,} {noun} to deliver", f"{found.attempts:,} {noun} to deliver had not ended"
    short, long = [], []
    if found.silent:
        names = " and ".join(found.silent)
        short.append(f"no answer from {names}")
        long.append(f"{names} did not answer when asked for pending work")
    if found.probe:
        short.append(f"{found.probe:,} pending by probe")
        long.append(f"the probe still reported {found.probe:,} pending")
    if found.queue:
        short.append(f"{found.queue:,} in the queue")
        long.append(f"the queue still held {found.queue:,}")
    if not short:
        return "the subject was still at work", "the subject was still at work"
    return ", ".join(short), " and ".join(long)
