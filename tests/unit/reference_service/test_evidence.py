"""What the service shows to its judge, and what it does not when it is told so."""

from typing import Any

import msgspec
import pytest

from stockstorm.reference_service.bootstrap import seams_of
from stockstorm.reference_service.domain.adjustment_batch import Batch, Change
from stockstorm.reference_service.operations import Probe
from stockstorm.reference_service.seams import SOUND
from stockstorm.reference_service.settings import Settings

BATCH = Batch(1, "key", "urn:channel-orders:bazaar:1", (Change(1, 2, -1, 1),))
NO_POOL: Any = None


def settings(**change: Any) -> Settings:
    return Settings.model_construct(**{"flaw": "", "probe": True, "references": True, **change})


async def ready() -> bool:
    return True


def reference_of(found: Settings) -> object:
    return msgspec.convert(seams_of(found).variables(BATCH)["input"], dict[str, Any]).get("referenceDocumentUri")


def paths_of(found: Settings) -> list[str]:
    routes: Any = seams_of(found).probe_routes(Probe(NO_POOL, ready, lambda: 0))
    return [route.path for route in routes]


def test_the_service_is_composed_of_its_own_collaborators() -> None:
    assert seams_of(settings()) == SOUND
    assert reference_of(settings()) == "urn:channel-orders:bazaar:1"
    assert paths_of(settings()) == [
        "/probe/pending",
        "/probe/effects",
        "/probe/stock",
        "/probe/dead-letters",
        "/probe/healed",
    ]


def test_without_references_a_write_is_the_same_but_for_them() -> None:
    found = seams_of(settings(references=False)).variables(BATCH)
    given = msgspec.convert(found["input"], dict[str, Any])
    whole = msgspec.convert(SOUND.variables(BATCH)["input"], dict[str, Any])
    assert {**given, "referenceDocumentUri": BATCH.reference} == whole
    assert found["key"] == "key"


def test_without_probes_there_are_no_routes() -> None:
    assert paths_of(settings(probe=False)) == []


@pytest.mark.parametrize("flaw", ["new_key_per_attempt", "user_errors_ignored"])
def test_a_flaw_of_writes_can_be_without_references_too(flaw: str) -> None:
    assert reference_of(settings(flaw=flaw)) is not None
    assert reference_of(settings(flaw=flaw, references=False)) is None
