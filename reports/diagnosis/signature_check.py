"""Genuine deliveries were answered 401 or 403: the subject's signature check differs from Shopify's."""

from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.answers import Answered, answers, compared, examples, good, removals, shared, texts
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found
from stockstorm.reports.diagnosis.traits import said
from stockstorm.reports.result import Diagnosis
from stockstorm.simulator.model import SHOPIFY

DENIED: Final = frozenset({401, 403})
SHOP: Final = (
    "Shopify signs the raw bytes of the body: X-Shopify-Hmac-Sha256 is base64(HMAC-SHA256(client secret, body)). "
    "Compare the secret, and check that no framework parses or decodes the body first"
)
MARKET: Final = (
    "a marketplace signs the raw bytes of the body: X-Marketplace-Signature, with the marketplaces' secret and not "
    "with Shopify's; docs/own_service.md has the format"
)


class SignatureCheck(Diagnose):
    name = "signature_check"

    def __call__(self, case: Case) -> Iterator[Found]:
        denied = answers(case, lambda attempt: attempt.status in DENIED)
        if not denied:
            return
        accepted = answers(case, good)
        answered = len(answers(case, lambda attempt: attempt.status > 0))
        common = compared(case, denied, accepted) if accepted else []
        statuses = sorted({attempt.status for _, attempt in denied})
        which = f"; they are {said(common[0].traits)}" if common and common[0].bad == common[0].bad_of else ""
        codes = " or ".join(map(str, statuses))
        cause = f"{len(denied):,} of {answered:,} genuine deliveries were answered {codes}: the signature check differs"
        evidence = [*shared(common, "refused ones"), examples(case, denied), *removals(case)]
        if said_by_subject := texts(denied)[:2]:
            evidence.insert(0, f"the service said {' and '.join(said_by_subject)}")
        yield Found(
            Diagnosis(
                self.name,
                cause + which,
                tuple(evidence),
                _remedy(case, denied),
                case.consequences(),
                denied[0][1].at_ns,
            ),
            frozenset(f"delivery {delivery.planned.delivery}" for delivery, _ in denied),
        )


def _remedy(case: Case, denied: list[Answered]) -> str:
    events = case.history.deliveries.events
    sources = {events[one.planned.event].source for one, _ in denied if one.planned.event in events}
    shop, market = SHOPIFY in sources, bool(sources - {SHOPIFY})
    return "; ".join([SHOP] * shop + [MARKET] * market) or SHOP
