"""What the stockroom answers: webhooks at one port, probes at another that only the operator reaches."""

import base64
import hashlib
import hmac
from collections.abc import Callable

from flask import Flask, Response, jsonify, request
from werkzeug.serving import WSGIRequestHandler

from tests.strangers.stockroom.settings import Settings
from tests.strangers.stockroom.store import Store

Answer = tuple[str, int]
SETTLED = ("applied", "dead_lettered")


class Quiet(WSGIRequestHandler):
    """Keeps connections open and logs nothing."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing."""


class Guard:
    """Who may send webhooks."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def shop(self, body: bytes) -> bool:
        if request.headers.get("X-Shopify-Shop-Domain") != self.settings.shop_domain:
            return False
        given = request.headers.get("X-Shopify-Hmac-Sha256", "")
        secrets = filter(None, (self.settings.client_secret, self.settings.next_client_secret))
        return any(self.signed(secret, body, given) for secret in secrets)

    def marketplace(self, body: bytes) -> bool:
        return self.signed(self.settings.channel_secret, body, request.headers.get("X-Marketplace-Signature", ""))

    def signed(self, secret: str, body: bytes, signature: str) -> bool:
        """Over the body as it came."""
        wanted = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())
        return hmac.compare_digest(wanted, signature.encode())


def receiver(guard: Guard, store: Store, wake: Callable[[], None]) -> Flask:
    """Stores a webhook, and answers when it is stored."""
    app = Flask("stockroom")

    @app.post("/webhooks")
    def webhooks() -> Answer:
        body = request.get_data()
        if "X-Shopify-Topic" in request.headers:
            allowed, origin = guard.shop(body), request.headers["X-Shopify-Topic"]
            webhook_id = request.headers.get("X-Shopify-Webhook-Id", "")
        else:
            allowed, origin = guard.marketplace(body), "marketplace"
            webhook_id = request.headers.get("X-Marketplace-Delivery-Id", "")
        if not allowed:
            return "signature", 401
        store.accept(webhook_id, origin, body)
        wake()
        return "", 200

    return app


def probes(store: Store) -> Flask:
    """What is under way, what happened to each webhook."""
    app = Flask("stockroom-probes")

    @app.get("/probe/pending")
    def pending() -> Response:
        return jsonify(pending=store.pending())

    @app.get("/probe/effects")
    def effects() -> Response:
        after, limit = int(request.args.get("after") or 0), int(request.args.get("limit") or 1000)
        found = store.rows(
            "SELECT number, webhook_id, state FROM inbox WHERE number > ? ORDER BY number LIMIT ?", after, limit
        )
        rows = [
            {"webhook_id": webhook_id, "state": state if state in SETTLED else "pending", "times": 1}
            for _, webhook_id, state in found
        ]
        return jsonify(effects=rows, next=str(found[-1][0]) if len(found) == limit else None)

    return app
