// The same relay, which lowers listings at once and raises them every few seconds: too few units oversell nothing.

import { Relay } from "../relay.mjs";
import { serve } from "../service.mjs";

const EVERY_MS = 3000;

class Patient extends Relay {
  shown = new Map(); // by SKU: what it listed last
  waiting = new Set(); // SKUs that are to be raised
  due = new Set(); // those whose time has come

  async start() {
    setInterval(() => {
      for (const sku of this.waiting) this.dirty.add(sku), this.due.add(sku);
      this.waiting.clear();
      this.work();
    }, EVERY_MS);
    await super.start();
  }

  async list(skus) {
    const levels = await this.calls.levels(skus.map((sku) => this.items.get(sku).item));
    const rows = [...levels].map(([sku, available]) => ({ sku, quantity: this.quantity(sku, available) }));
    const now = rows.filter(({ sku, quantity }) => this.due.has(sku) || quantity <= (this.shown.get(sku) ?? Infinity));
    for (const { sku, quantity } of now) this.shown.set(sku, quantity), this.due.delete(sku);
    for (const { sku } of rows) if (!now.some((row) => row.sku === sku)) this.waiting.add(sku);
    if (!now.length) return;
    const rejected = await Promise.all(this.listedOn().map((channel) => this.calls.list(channel, now)));
    for (const sku of rejected.flat()) this.dirty.add(sku), this.due.add(sku);
  }
}

await serve(Patient);
