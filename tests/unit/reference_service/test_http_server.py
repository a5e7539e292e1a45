"""A server promises no more connections than its process may open files."""

import resource

import pytest

from stockstorm.reference_service import limits
from stockstorm.reference_service.http_server import allow_open_files

RESERVED = limits.FILES_RESERVED
UNLIMITED = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("soft", "hard", "refuses", "allowed", "raised_to"),
    [
        (10_000, 10_000, False, 4_000, None),
        (UNLIMITED, UNLIMITED, False, 4_000, None),
        (1_024, 1_000_000, False, 4_000, 4_000 + RESERVED),
        (1_024, UNLIMITED, False, 4_000, 4_000 + RESERVED),
        (1_024, 2_048, False, 2_048 - RESERVED, 2_048),
        (1_024, UNLIMITED, True, 1_024 - RESERVED, None),
        (64, 64, False, 1, 64),
    ],
    ids=["enough", "no limit", "raised", "raised without limit", "raised in part", "not raised", "hardly any"],
)
def test_connections_fit_into_the_limit_of_open_files(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, refuses: bool, allowed: int, raised_to: int | None
) -> None:
    found: list[int] = []

    def set_limit(_: int, pair: tuple[int, int]) -> None:
        if refuses:
            raise ValueError("current limit exceeds maximum limit")
        found.append(pair[0])

    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", set_limit)
    assert allow_open_files(4_000) == allowed
    assert found == ([] if raised_to is None else [raised_to])


def test_the_endpoint_answers_before_a_connection_is_closed_for_its_time() -> None:
    assert limits.STORE_TIMEOUT_S < limits.BODY_TIMEOUT_S < limits.ANSWER_TIMEOUT_S
    assert limits.ADDRESS_CONNECTIONS_MAX < limits.CONNECTIONS_MAX
