"""Bodies over a megabyte, which Shopify can send, have their effect in every architecture."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from stockstorm.loadtests.backing.cloud.base import EMBEDDED
from stockstorm.loadtests.orchestrator.cloud import open_cloud
from stockstorm.loadtests.subjects.architectures import ARCHITECTURES

pytestmark = pytest.mark.e2e
Make = Callable[..., Any]
LARGE = {"id": 5_001, "name": "#1", "updated_at": "2026-11-24T10:00:05Z", "note": "x" * 1_100_000}
NODE = {
    "id": "gid://shopify/Order/5001",
    "updatedAt": "2026-11-24T10:00:05Z",
    "name": "#1",
    "currencyCode": "GBP",
    "totalPriceSet": {"shopMoney": {"amount": "9.99"}},
    "displayFinancialStatus": "PAID",
    "cancelledAt": None,
}


@contextmanager
def running(name: str, make_service: Make) -> Iterator[Any]:
    architecture = ARCHITECTURES[name]
    with open_cloud(architecture, "20261124-smoke-1", EMBEDDED) as given:
        service = make_service(environment=given.environment, architecture=name)
        if given.routes:
            (url,) = given.routes.values()
            service.post = lambda _path, raw, headers: service.http.post(url, content=raw, headers=headers)
        service.start_all()
        yield service
        service.close()


@pytest.mark.parametrize("name", ["queue-postgres", "queue-sqs", "queue-pubsub", "bus-eventbridge", "bus-pubsub"])
def test_a_body_over_a_megabyte_has_its_effect(name: str, make_service: Make, commerce: Any) -> None:
    commerce.shop_orders = [NODE]
    with running(name, make_service) as service:
        assert service.webhook("orders/updated", LARGE, webhook_id="large").status_code == 200
        wanted = [{"webhook_id": "large", "state": "applied", "times": 1}]
        service.wait_until(lambda: service.probe("effects", service.worker_url) == wanted, "the order is applied")
    fetched = commerce.calls.count("WholeOrder")
    assert fetched == (1 if name == "bus-eventbridge" else 0)  # the only bus with a smaller limit


def test_a_resource_deleted_before_it_is_fetched_is_a_dead_letter(make_service: Make, commerce: Any) -> None:
    with running("bus-eventbridge", make_service) as service:
        service.webhook("orders/updated", LARGE, webhook_id="large")
        service.wait_until(lambda: service.probe("dead-letters", service.worker_url), "it is a dead letter")
        (letter,) = service.probe("dead-letters", service.worker_url)
    assert (letter["webhook_id"], letter["topic"]) == ("large", "orders/updated")
    assert commerce.calls.count("WholeOrder") >= 1
