// The relay: writes marketplace orders to the shop, and lists on every marketplace what the shop has.
//
// Several calls are under way at once. Each holds the SKUs that it is about: while a SKU's level is read and listed, no
// order with that SKU is written, so a level includes exactly the orders that are written.

import { randomUUID } from "node:crypto";

import { Calls, Refused, pause } from "./calls.mjs";
import { Journal } from "./journal.mjs";
import { Orders, mustCount } from "./orders.mjs";

export const SHOP_TOPICS = [
  "orders/create",
  "orders/paid",
  "orders/updated",
  "orders/cancelled",
  "refunds/create",
  "products/update",
  "inventory_levels/update",
];
const ACTS_MAX = 60;
const SKUS_MAX = 60;
const CHANGES_MAX = 250; // in one call, by Shopify
const BATCHES_MAX = 3;
const SEEN_MAX = 200000;

// Those whose SKU is no other item's: nobody can sell the rest by SKU.
function ofOneItem(items) {
  const times = new Map();
  for (const { sku } of items) times.set(sku, (times.get(sku) ?? 0) + 1);
  return items.filter(({ sku }) => sku && times.get(sku) === 1);
}

export class Relay {
  constructor(settings) {
    this.settings = settings;
    this.calls = this.callsOf(settings);
    this.journal = new Journal(settings.state);
    this.orders = this.ordersOf();
    this.items = new Map(); // by SKU
    this.skuOf = new Map(); // by item id
    this.dirty = new Set(); // SKUs to be listed
    this.held = new Set(); // SKUs that a call is about
    this.seen = new Set(); // ids of notifications and webhooks
    this.running = { writes: 0, listings: 0 };
    this.ready = false;
  }

  callsOf(settings) {
    return new Calls(settings);
  }

  ordersOf() {
    return new Orders();
  }

  // Learns the catalogue, subscribes, and lists everything once.
  async start() {
    const open = this.replay();
    for (const item of ofOneItem(await this.catalogue())) {
      this.items.set(item.sku, item);
      this.skuOf.set(item.item, item.sku);
      this.dirty.add(item.sku);
    }
    for (const batch of open) await this.send(batch);
    const url = this.settings.webhookUrl;
    for (const each of this.settings.channels) await this.ask(each, () => this.calls.beNotified(each, url));
    for (const each of SHOP_TOPICS) await this.ask(each, () => this.calls.subscribe(each, url));
    this.ready = true;
    this.work();
  }

  // For notifications. Without a scope, or where a marketplace has a feed alone, it lives without them.
  async ask(name, call) {
    try {
      await call();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      console.log("not notified of", name, String(error));
    }
  }

  async catalogue() {
    for (;;) {
      try {
        return await this.calls.items();
      } catch {
        await pause(500);
      }
    }
  }

  // The state that a former process left; gives the batches whose answer it never saw.
  replay() {
    const open = new Map();
    for (const [kind, value] of this.journal.past()) {
      if (kind === "told") this.orders.tell(value);
      if (kind === "batch") {
        this.orders.take(value.references.map((reference) => ({ reference })));
        open.set(value.key, value);
      }
      if (kind === "done") open.delete(value);
    }
    return [...open.values()];
  }

  // -- what comes in

  // A notification of a marketplace, as text. Its id is that of the event, so a copy under another delivery id is known.
  notified(text) {
    const notification = JSON.parse(text);
    mustCount(notification);
    if (this.isKnown(notification.id)) return;
    this.journal.add("told", notification);
    for (const sku of this.orders.tell(notification)) this.dirty.add(sku);
    this.work();
  }

  // A webhook of the shop. Numbers above 2^53 lose digits here, so the item is read from the level's global id.
  levelChanged(text) {
    const [, item] = JSON.parse(text).admin_graphql_api_id.split("inventory_item_id=");
    const sku = this.skuOf.get(`gid://shopify/InventoryItem/${item}`);
    if (sku !== undefined) this.dirty.add(sku);
    this.work();
  }

  isKnown(id) {
    if (this.seen.has(id)) return true;
    this.seen.add(id);
    if (this.seen.size > SEEN_MAX) this.seen.delete(this.seen.values().next().value);
    return false;
  }

  // -- what is done about it

  // Starts whatever can be started now. Each call that ends calls this again.
  work() {
    if (!this.ready) return;
    while (this.running.listings < BATCHES_MAX && this.listing());
    while (this.running.writes < BATCHES_MAX && this.writing());
  }

  // Starts one batch of acts whose SKUs are free. Whether there was one.
  writing() {
    const acts = [];
    const skus = new Set();
    for (const act of this.orders.acts.values()) {
      if (acts.length === ACTS_MAX) break;
      if (this.setAside(act)) continue;
      if (act.deltas.some(([sku]) => this.held.has(sku))) continue;
      if (new Set([...skus, ...act.deltas.map(([sku]) => sku)]).size > CHANGES_MAX) break;
      acts.push(act);
      for (const [sku] of act.deltas) skus.add(sku);
    }
    if (!acts.length) return false;
    const batch = this.batch(acts);
    this.journal.add("batch", batch);
    this.orders.take(acts);
    this.during("writes", skus, () => this.send(batch));
    return true;
  }

  // Whether it is about a SKU that the shop does not have: nobody can write that.
  setAside(act) {
    if (act.deltas.every(([sku]) => this.items.has(sku))) return false;
    console.log("set aside:", act.reference);
    this.orders.acts.delete(act.reference);
    return true;
  }

  batch(acts) {
    const total = new Map();
    for (const [sku, delta] of acts.flatMap((act) => act.deltas)) total.set(sku, (total.get(sku) ?? 0) + delta);
    const changes = [...total].filter(([, delta]) => delta !== 0).map(([sku, delta]) => this.change(sku, delta));
    return { key: randomUUID(), references: acts.map((act) => act.reference), changes };
  }

  change(sku, delta) {
    const { item, location } = this.items.get(sku);
    return { inventoryItemId: item, locationId: location, delta, changeFromQuantity: null };
  }

  // The same key until an answer was seen: the shop applies it once.
  async send(batch) {
    for (;;) {
      try {
        if (batch.changes.length) await this.calls.adjust(batch.key, batch.references, batch.changes);
        break;
      } catch (error) {
        console.log("write failed:", String(error));
        if (error instanceof Refused && !error.message.includes("IDEMPOTENCY_CONCURRENT_REQUEST")) break;
        await pause(500);
      }
    }
    this.journal.add("done", batch.key);
  }

  // Starts one reading and listing of dirty SKUs that are free. Whether there was one.
  listing() {
    const skus = new Set();
    for (const sku of this.dirty) {
      if (skus.size === SKUS_MAX) break;
      if (!this.items.has(sku)) this.dirty.delete(sku);
      else if (!this.held.has(sku)) skus.add(sku);
    }
    if (!skus.size) return false;
    for (const sku of skus) this.dirty.delete(sku);
    this.during("listings", skus, async () => {
      try {
        await this.list([...skus]);
      } catch (error) {
        console.log("listing failed:", String(error));
        for (const sku of skus) this.dirty.add(sku);
        await pause(500);
      }
    });
    return true;
  }

  async list(skus) {
    const levels = await this.calls.levels(skus.map((sku) => this.items.get(sku).item));
    const rows = [...levels].map(([sku, available]) => ({ sku, quantity: this.quantity(sku, available) }));
    const rejected = await Promise.all(this.listedOn().map((channel) => this.calls.list(channel, rows)));
    for (const sku of rejected.flat()) this.dirty.add(sku);
  }

  listedOn() {
    return this.settings.channels;
  }

  quantity(sku, available) {
    return Math.max(0, available - this.orders.unwritten(sku));
  }

  // Holds the SKUs while the call runs. What was written is listed next.
  async during(kind, skus, call) {
    this.running[kind] += 1;
    for (const sku of skus) this.held.add(sku);
    try {
      await call();
    } finally {
      this.running[kind] -= 1;
      for (const sku of skus) this.held.delete(sku);
      if (kind === "writes") for (const sku of skus) this.dirty.add(sku);
      this.work();
    }
  }
}
