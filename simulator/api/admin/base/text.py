"""Ids and times as Shopify writes them: `gid://shopify/Order/1` and `2026-11-24T06:30:00Z` (whole seconds)."""

import re
from datetime import UTC, datetime
from functools import lru_cache

SECOND_NS = 1_000_000_000
_GID = re.compile(r"gid://shopify/([A-Za-z]+)/(\d{1,20})(?:\?.*)?", re.ASCII)


def gid(kind: str, number: int) -> str:
    """The global id of a resource."""
    return f"gid://shopify/{kind}/{number}"


def parse_gid(text: str) -> tuple[str, int] | None:
    """Kind and number of a global id, None if it is not one."""
    found = _GID.fullmatch(text)
    return (found[1], int(found[2])) if found else None


@lru_cache(maxsize=1024)  # adjusting 250 levels parses the same few locations, again and again
def parse_location(text: str) -> int | None:
    return number_of("Location", text)


def number_of(kind: str, text: str) -> int | None:
    """The number in a global id of that kind, None for anything else."""
    found = parse_gid(text)
    return found[1] if found and found[0] == kind else None


@lru_cache(maxsize=8192)  # answers repeat the same few seconds thousands of times
def _second_text(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def utc_text(wall_ns: int) -> str:
    """Wall nanoseconds as Shopify's DateTime, cut to whole seconds."""
    return _second_text(wall_ns // SECOND_NS)


def parse_second(text: str) -> int | None:
    """Seconds since 1970 of an ISO 8601 date or time (UTC where it names no offset), None if it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
