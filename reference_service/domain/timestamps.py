"""RFC 3339 texts and nanoseconds since the epoch. `datetime` holds only microseconds, so fractions are parsed here."""

from datetime import UTC, datetime

SECOND_NS = 1_000_000_000


def nanoseconds_of(text: str) -> int:
    """Parses `2026-11-24T10:00:00.123456789Z`: any offset, at most 9 digits after the point; ValueError otherwise."""
    whole, fraction_ns = text, 0
    dot = text.find(".", 10)
    if dot >= 0:
        end = dot + 1
        while end < len(text) and text[end].isdigit():
            end += 1
        digits = text[dot + 1 : end]
        if not 1 <= len(digits) <= 9:
            raise ValueError(f"not an RFC 3339 time: {text!r}")
        fraction_ns = int(digits.ljust(9, "0"))
        whole = text[:dot] + text[end:]
    moment = datetime.fromisoformat(whole)
    if moment.tzinfo is None:
        raise ValueError(f"a time without an offset: {text!r}")
    return round(moment.astimezone(UTC).timestamp()) * SECOND_NS + fraction_ns


def nanoseconds_or_none(text: str) -> int | None:
    """Parses an unsigned header, which is only a hint: None if it is not a time or does not fit into a bigint."""
    try:
        found = nanoseconds_of(text)
    except (ValueError, OverflowError):
        return None
    return found if 0 <= found < 2**63 else None


def second_text(at_ns: int) -> str:
    """Nanoseconds since the epoch as an RFC 3339 text in UTC, truncated to the second."""
    return datetime.fromtimestamp(at_ns // SECOND_NS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
