"""What `stockstorm trigger` prints: each delivery as it was sent, with its answers, and then a line for each."""

from collections.abc import Sequence

import msgspec
from rich.console import Console
from rich.text import Text

from stockstorm.loadtests.serve.told import Told
from stockstorm.reports.result import printable


def as_wanted(one: Told) -> bool:
    """Whether a genuine delivery was taken, or a forged one refused."""
    return bool(one.attempts) and one.taken != bool(one.forged)


def print_deliveries(found: Sequence[Told], topic: str) -> None:
    """Bodies can be long, so what matters stands at the end, where a terminal is read."""
    console = Console()
    if not found:
        console.print(Text(f"nothing was sent: nobody subscribes to {topic}, or it had no effect", "yellow"))
    for one in found:
        console.print(Text(printable(f"POST {one.url}"), "bold"), soft_wrap=True)
        for line in one.head.splitlines()[1:]:
            console.print(Text(printable(line), "dim"), soft_wrap=True)
        console.print(Text(printable(_indented(one.body))), soft_wrap=True)
        for _, text, said in one.attempts:
            console.print(Text(printable(f"→ {text}{f': {said}' if said else ''}"), _colour(one)), soft_wrap=True)
    for one in found:
        console.print(Text(printable(in_one_line(one)), _colour(one)), soft_wrap=True)


def in_one_line(one: Told) -> str:
    """ "✕ orders/create, forged (tampered): 200 after 1.8 ms: it was taken, and has to be refused"."""
    name = f"{one.topic}, forged ({one.forged.replace('_', ' ')})" if one.forged else one.topic
    answers = "; ".join(text for _, text, _ in one.attempts) or "no answer yet"
    if as_wanted(one):
        return f"✓ {name}: {answers}{': it was refused' if one.forged else ''}"
    if not one.attempts:
        return f"? {name}: {answers}"
    wrong = "it was taken, and has to be refused" if one.forged else "it was not taken; Shopify takes 2xx alone"
    return f"✕ {name}: {answers}: {wrong}"


def _colour(one: Told) -> str:
    return "green" if as_wanted(one) else "red" if one.attempts else "yellow"


def _indented(body: str) -> str:
    try:
        return msgspec.json.format(body)
    except msgspec.DecodeError:
        return body
