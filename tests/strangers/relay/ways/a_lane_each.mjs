// The same relay with a lane for each marketplace: one that is down, or takes few calls, keeps no other waiting.
//
// What is read of the shop goes to every lane. A lane pushes what it has in one call. The newest quantity of a SKU counts,
// and one that is about to be read again is left out.

import { pause } from "../calls.mjs";
import { Relay } from "../relay.mjs";
import { serve } from "../service.mjs";

const ROWS_MAX = 400;
const AGAIN_MS = 200;

class Lane {
  constructor(channel, calls, isOld) {
    this.channel = channel;
    this.calls = calls;
    this.isOld = isOld;
    this.rows = new Map(); // quantity by SKU
    this.isPushing = false;
  }

  async push() {
    if (this.isPushing) return;
    this.isPushing = true;
    while (this.rows.size) {
      const rows = this.taken();
      const left = new Set(await this.leftOf(rows));
      for (const { sku, quantity } of rows) if (left.has(sku) && !this.rows.has(sku)) this.rows.set(sku, quantity);
      if (left.size) await pause(AGAIN_MS);
    }
    this.isPushing = false;
  }

  taken() {
    const rows = [...this.rows].slice(0, ROWS_MAX).map(([sku, quantity]) => ({ sku, quantity }));
    for (const { sku } of rows) this.rows.delete(sku);
    return rows.filter(({ sku }) => !this.isOld(sku));
  }

  // The SKUs that were not listed.
  async leftOf(rows) {
    try {
      return rows.length ? await this.calls.list(this.channel, rows) : [];
    } catch (error) {
      console.log("not listed on", this.channel, String(error));
      return rows.map(({ sku }) => sku);
    }
  }
}

class Lanes extends Relay {
  lanes = new Map(
    this.settings.channels.map((channel) => [channel, new Lane(channel, this.calls, (sku) => this.dirty.has(sku))]),
  );

  async list(skus) {
    const levels = await this.calls.levels(skus.map((sku) => this.items.get(sku).item));
    for (const lane of this.lanes.values()) {
      for (const [sku, available] of levels) lane.rows.set(sku, this.quantity(sku, available));
      lane.push();
    }
  }
}

await serve(Lanes);
