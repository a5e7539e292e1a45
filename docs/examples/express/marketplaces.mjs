// The marketplaces: signed notifications come in, listings go out. One that is slow or down does not hold up another.

import { createHmac, timingSafeEqual } from "node:crypto";

import { pause } from "./shop.mjs";

const ROWS_MAX = 200;
const AGAIN_AFTER_MS = 300;

export function isFromMarketplace(config, request) {
  const wanted = Buffer.from(createHmac("sha256", config.marketplaceSecret).update(request.body || "").digest("base64"));
  const given = Buffer.from(request.get("x-marketplace-signature") ?? "");
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

export class Marketplace {
  // `quantityOf` says what a SKU is listed with, at the moment of the push.
  constructor(config, name, quantityOf) {
    this.config = config;
    this.url = `${config.marketplacesUrl}/${name}/v1`;
    this.quantityOf = quantityOf;
    this.dirty = new Set();
    this.busy = false;
  }

  async beNotified() {
    while (!(await this.put("notifications", { url: `${this.config.address}/marketplaces` }))) await pause(AGAIN_AFTER_MS);
  }

  // These SKUs are listed anew, soon.
  async list(skus) {
    for (const sku of skus) this.dirty.add(sku);
    if (this.busy) return;
    this.busy = true;
    while (this.dirty.size) await this.push([...this.dirty].slice(0, ROWS_MAX));
    this.busy = false;
  }

  async push(skus) {
    for (const sku of skus) this.dirty.delete(sku);
    const answer = await this.put("listings", { listings: skus.map((sku) => ({ sku, quantity: this.quantityOf(sku) })) });
    const again = answer ? answer.rejected.map((row) => row.sku) : skus;
    for (const sku of again) this.dirty.add(sku);
    if (again.length) await pause(AGAIN_AFTER_MS);
  }

  // The answer. Undefined when it is worth another try, after as long as it asked for.
  async put(path, body) {
    try {
      const answer = await fetch(`${this.url}/${path}`, {
        method: "PUT",
        headers: { authorization: `Bearer ${this.config.marketplaceToken}`, "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(10_000),
      });
      const text = await answer.text();
      if (answer.ok) return text ? JSON.parse(text) : {};
      console.log(`${this.url}/${path} answered ${answer.status}: ${text.slice(0, 200)}`);
      await pause(1000 * Number(answer.headers.get("retry-after") ?? 0));
    } catch (error) {
      console.log(`${this.url}/${path}: ${error.message}`);
    }
    return undefined;
  }
}
