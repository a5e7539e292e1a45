"""Receives webhooks, puts them in a queue, and answers. A thread does the work. Start with `flask run`."""

import base64
import hashlib
import hmac
import json
import logging
import os
import threading

from flask import Flask, Response, abort, request

import database
import sync

logging.basicConfig(level=logging.INFO)
for talkative in ("werkzeug", "pyactiveresource.connection"):
    logging.getLogger(talkative).setLevel(logging.WARNING)
app = Flask(__name__)


def check_signature(secret: str, body: bytes, signature: str) -> None:
    digest = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    if not hmac.compare_digest(digest, signature):
        abort(401)


@app.post("/webhooks/shopify")
def shopify_webhook() -> Response:
    signature = request.headers.get("X-Shopify-Hmac-Sha256", "")
    check_signature(os.environ["SHOPIFY_API_SECRET"], request.get_data(), signature)
    if request.headers.get("X-Shopify-Shop-Domain") != os.environ["SHOP_DOMAIN"]:
        abort(401)
    if request.headers.get("X-Shopify-Topic") == "inventory_levels/update":
        database.enqueue(request.headers["X-Shopify-Webhook-Id"], "level", request.get_json())
    return Response(status=200)


@app.post("/webhooks/marketplaces")
def marketplace_webhook() -> Response:
    event = request.get_json()
    body = json.dumps(event, separators=(",", ":")).encode()
    check_signature(os.environ["MARKETPLACE_SECRET"], body, request.headers.get("X-Marketplace-Signature", ""))
    database.enqueue(request.headers["X-Marketplace-Delivery-Id"], "order", event)
    return Response(status=200)


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


threading.Thread(target=sync.run, daemon=True).start()
