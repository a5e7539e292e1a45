"""`authenticate.webhook` of Shopify's packages for Remix and React Router, unmodified, with a shop that `serve` plays.

An app registers its webhook by the package, which calls `https://{shop}.myshopify.com`. It is then told of an order,
and asks the shop back while it takes the webhook. `make test` installs the packages. Where it could not, the tests are
skipped.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from stockstorm.loadtests.https.process import HttpsPlace
from stockstorm.loadtests.processes.child import free_port
from tests.contract.test_shopify_libraries import FOLDER, MISSING
from tests.running import SECRETS, Serving, triggered

FRAMEWORKS = FOLDER / "frameworks"
PACKAGES = {"React Router": "@shopify/shopify-app-react-router", "Remix": "@shopify/shopify-app-remix"}
DOMAIN = "stockstorm-demo.myshopify.com"
SECRET, TOKEN = (SECRETS[f"STOCKSTORM_{name}"] for name in ("CLIENT_SECRET", "ADMIN_TOKEN"))


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    made = Serving(tmp_path)
    yield made
    made.end()


@contextmanager
def app(package: str, serving: Serving) -> Iterator["subprocess.Popen[str]"]:
    """The app, with an environment that leads it to the played shop."""
    own = str(serving.authority / "ca.pem")
    place = HttpsPlace(DOMAIN, "127.0.0.1", serving.ports["https-port"], serving.ports["proxy-port"], own, own)
    command = ["node", "webhooks.mjs", package, str(free_port("127.0.0.1")), DOMAIN, SECRET, TOKEN]
    environment = {**os.environ, **place.environment(os.environ)}
    with subprocess.Popen(command, cwd=FRAMEWORKS, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def told(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """The next line of the app. Empty once it has ended."""
    assert process.stdout is not None
    found: dict[str, Any] = json.loads(process.stdout.readline() or "{}")
    return found


@pytest.mark.e2e
@pytest.mark.parametrize("framework", PACKAGES)
def test_an_app_registers_takes_a_webhook_asks_back_and_refuses_a_forged_one(framework: str, serving: Serving) -> None:
    package = PACKAGES[framework]
    if shutil.which("node") is None or not (FRAMEWORKS / "node_modules" / package).exists():
        pytest.skip(MISSING.format(framework))
    with app(package, serving) as process:
        assert told(process) == {"registered": [True]}
        code, found = triggered(serving, "orders/create")
        (sent,) = (each for each in found if each["topic"] == "orders/create")
        number = json.loads(sent["body"])["order_number"]
        taken = told(process)
        assert taken.pop("webhookId") == sent["webhook_id"]
        assert (code, taken) == (0, {"topic": "ORDERS_CREATE", "number": number, "shop": DOMAIN})
        code, found = triggered(serving, "orders/create", "--tamper")
        assert (code, found[0]["forged"], found[0]["attempts"][0][0]) == (0, "tampered", 401)
