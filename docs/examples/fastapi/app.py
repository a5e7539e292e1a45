"""Receives webhooks. Each is stored before it is acknowledged, and worker.py does the work.

Start with `uvicorn app:app --port 8080`.
"""

import base64
import hashlib
import hmac
import os
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Request

import store

app = FastAPI()


async def raw_body(request: Request) -> bytes:
    """The bytes that were signed. FastAPI must not parse them first."""
    return await request.body()


Body = Annotated[bytes, Depends(raw_body)]


def require_signature(secret: str, body: bytes, signature: str) -> None:
    digest = hmac.new(os.environ[secret].encode(), body, hashlib.sha256).digest()
    if not hmac.compare_digest(base64.b64encode(digest), signature.encode()):
        raise HTTPException(401, "wrong signature")


@app.post("/webhooks/shopify", status_code=204)
def shopify(
    body: Body,
    topic: Annotated[str, Header(alias="X-Shopify-Topic")] = "",
    shop: Annotated[str, Header(alias="X-Shopify-Shop-Domain")] = "",
    signature: Annotated[str, Header(alias="X-Shopify-Hmac-Sha256")] = "",
) -> None:
    require_signature("SHOPIFY_CLIENT_SECRET", body, signature)
    if shop != os.environ["SHOP_DOMAIN"]:
        raise HTTPException(401, "another shop")
    if topic == "inventory_levels/update":
        store.put("shopify", body)


@app.post("/webhooks/marketplaces", status_code=204)
def marketplaces(
    body: Body,
    signature: Annotated[str, Header(alias="X-Marketplace-Signature")] = "",
) -> None:
    require_signature("MARKETPLACE_SECRET", body, signature)
    store.put("marketplace", body)


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}
