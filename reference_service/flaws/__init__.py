"""Deliberate flaws, of which REFERENCE_FLAW selects one by its name.

Each is a mistake of real integrations that a judge from outside should find. It is one file, and replaces or wraps
collaborators of the service at its seams; the service itself knows nothing of it. What `stockstorm prove` expects of
each stands in `loadtests/subjects/flaws`.
"""

from collections.abc import Mapping

from stockstorm.reference_service.flaws import (
    arithmetic,
    conduct,
    coverage,
    crash_windows,
    deduplication,
    degradation,
    installation,
    loss,
    order,
    polling,
    pushes,
    signatures,
    writes,
)
from stockstorm.reference_service.seams import Compose

FLAWS: Mapping[str, Compose] = {
    **arithmetic.FLAWS,
    **conduct.FLAWS,
    **coverage.FLAWS,
    **crash_windows.FLAWS,
    **deduplication.FLAWS,
    **degradation.FLAWS,
    **installation.FLAWS,
    **loss.FLAWS,
    **order.FLAWS,
    **polling.FLAWS,
    **pushes.FLAWS,
    **signatures.FLAWS,
    **writes.FLAWS,
}
