"""Which version of the Admin API answers, and how versions differ."""

import pytest

from stockstorm.simulator.versions import (
    BEHAVIOURS,
    MEMBERS,
    NEWEST,
    VERSIONS,
    ApiVersion,
    absent_in,
    display_name,
    in_force,
    is_supported,
    serving,
)


def test_a_version_that_is_served_answers_itself() -> None:
    assert [serving(version) for version in VERSIONS] == list(VERSIONS)


@pytest.mark.parametrize("asked", ["2025-07", "2024-01", "2019-04", ""])
def test_a_retired_version_and_none_at_all_fall_forward_to_the_oldest(asked: str) -> None:
    assert serving(asked) == "2025-10"
    assert serving(asked, "2026-04") == "2026-04"


def test_what_is_served_today_is_retired_later() -> None:
    assert serving("2026-01", "2026-04") == "2026-04"
    assert serving("2026-07", "2026-04") == "2026-07"
    assert serving("unstable", "2026-10") == "unstable"


@pytest.mark.parametrize("asked", ["2026-05", "2027-04", "2019-01", "1999-10", "latest", "v1", "2026-10 ", "unstabl"])
def test_a_version_that_never_was_is_not_served(asked: str) -> None:
    assert serving(asked) is None


def test_the_newest_lacks_only_what_was_removed() -> None:
    assert absent_in(NEWEST) == {member for member, span in MEMBERS.items() if span.until is not None}
    assert absent_in("unstable") == absent_in(NEWEST)


@pytest.mark.parametrize(
    ("version", "idempotent", "change_from", "compare", "required", "name"),
    [
        ("2025-10", False, False, True, False, False),
        ("2026-01", True, True, True, False, False),
        ("2026-04", True, True, False, True, True),
        ("2026-07", True, True, False, True, True),
        ("2026-10", True, True, False, True, True),
        ("2027-01", True, True, False, True, True),
        ("unstable", True, True, False, True, True),
    ],
)
def test_each_version_differs_as_published(
    version: ApiVersion, idempotent: bool, change_from: bool, compare: bool, required: bool, name: bool
) -> None:
    absent = absent_in(version)
    assert ("@idempotent" not in absent) == idempotent
    assert ("InventoryQuantityInput.changeFromQuantity" not in absent) == change_from
    assert ("InventoryQuantityInput.compareQuantity" not in absent) == compare
    assert in_force("@idempotent required", version) == in_force("changeFromQuantity required", version) == required
    assert ("WebhookSubscriptionInput.name" not in absent) == name


def test_a_release_candidate_is_called_so_and_not_supported_as_recorded() -> None:
    shown = [(display_name(version), is_supported(version)) for version in VERSIONS[-3:]]
    assert shown == [("2026-10 (Latest)", True), ("2027-01 (Release candidate)", False), ("unstable", False)]


def test_every_span_begins_before_it_ends() -> None:
    for span in (*MEMBERS.values(), *BEHAVIOURS.values()):
        assert any(span.covers(version) for version in VERSIONS)
        assert not all(span.covers(version) for version in VERSIONS)
