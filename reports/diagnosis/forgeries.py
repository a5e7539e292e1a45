"""Forged deliveries that were accepted: no signature check at all, or one that some kind or topic passes.

Those with a valid signature may be accepted, so they tell nothing.
"""

from collections.abc import Iterator

from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.contrast import clusters
from stockstorm.reports.diagnosis.traits import Trait, said
from stockstorm.reports.history.deliveries import Delivery
from stockstorm.reports.result import Diagnosis
from stockstorm.simulator.delivery.forgery import JUDGED_BY_EFFECT


class Forgeries(Diagnose):
    name = "forgeries"

    def __call__(self, case: Case) -> Iterator[Found]:
        deliveries = case.history.deliveries.by_id.values()
        forged = [one for one in deliveries if one.planned.forged and one.planned.forged not in JUDGED_BY_EFFECT]
        taken = [one for one in forged if one.outcome == "acknowledged"]
        refused = [one for one in forged if one.outcome == "refused"]
        if not taken:
            return
        common = clusters([_traits(one) for one in taken], [_traits(one) for one in refused])
        if not refused:
            cause = f"{len(taken)} of {len(forged)} forged deliveries were accepted: nothing checks signatures"
        elif common and common[0].bad == common[0].bad_of:
            cause = f"forged deliveries pass the signature check when they are {said(common[0].traits)}"
        else:
            cause = f"{len(taken)} of {len(forged)} forged deliveries pass the signature check"
        evidence = [
            f"{one.bad} of {one.bad_of} accepted ones are {said(one.traits)}; {one.good} of {one.good_of} refused "
            "ones are"
            for one in common
        ]
        kinds = quoted(
            f"webhook {one.planned.webhook_id} ({one.planned.forged}, {one.planned.topic}) at {case.when(one.ended_ns)}"
            for one in taken
        )
        yield Found(
            Diagnosis(
                self.name,
                cause,
                (*evidence, f"accepted, for example, {kinds}"),
                "compute the HMAC over the raw body for every topic and every source, compare it in full and in "
                "constant "
                "time, and answer 401 before anything is done",
                case.consequences("forged", "drift", "event_classes"),
                taken[0].ended_ns,
            ),
            frozenset(f"delivery {one.planned.delivery}" for one in taken),
        )


def _traits(delivery: Delivery) -> frozenset[Trait]:
    planned = delivery.planned
    found = {Trait("topic", planned.topic), Trait("forgery", planned.forged.replace("_", " "))}
    if planned.source:
        found.add(Trait("source", planned.source))
    return frozenset(found)
