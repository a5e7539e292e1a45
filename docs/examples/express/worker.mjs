// The worker: one step at a time, it reads what is available, writes orders by compare-and-set, and lists the result.

import { randomUUID } from "node:crypto";

import { Marketplace } from "./marketplaces.mjs";
import { Orders } from "./orders.mjs";
import { Refused, pause } from "./shop.mjs";

const ORDERS_MAX = 20; // in one write. All of its rows are written, or none
const SKUS_MAX = 50; // in one read
const AGAIN_AFTER_MS = 500;

export class Worker {
  constructor(config, shop, store) {
    this.shop = shop;
    this.store = store;
    this.orders = new Orders();
    this.items = new Map(); // ids by SKU
    this.skus = new Map(); // SKUs by id
    this.available = new Map(); // by SKU, as last read or written
    this.unread = new Set(); // SKUs whose stock may have changed
    this.wake = () => {};
    const quantityOf = (sku) => Math.max(0, (this.available.get(sku) ?? 0) - this.orders.unwritten(sku));
    this.marketplaces = config.marketplaces.map((name) => new Marketplace(config, name, quantityOf));
  }

  // Learns the catalogue, takes up what a process before this one left, and works for ever.
  async start() {
    this.items = await this.until(() => this.shop.items());
    for (const [sku, id] of this.items) this.skus.set(id.split("/").pop(), sku);
    await this.resume();
    await Promise.all(this.marketplaces.map((each) => each.beNotified()));
    await this.until(() => this.shop.register());
    // What had news last first: it is what the process before this one has not listed yet.
    this.unread = new Set([...[...this.unread].reverse(), ...this.items.keys()]);
    for (;;) {
      if (!(await this.until(() => this.step()))) await new Promise((resolve) => (this.wake = resolve));
    }
  }

  async resume() {
    const open = new Map();
    for (const line of this.store.lines) {
      if (line.from) this.accept(line);
      if (line.write) open.set(line.write.key, line.write);
      if (line.done) {
        const { names, references, changes } = open.get(line.done);
        open.delete(line.done);
        if (line.written) names.forEach((name, n) => this.settle(name, references[n], new Map(changes[n])));
      }
    }
    for (const write of open.values()) await this.until(() => this.send(write)); // whose answer was never seen
  }

  // News of the shop or of a marketplace. Undefined: it was known.
  accept(event) {
    if (!event) return;
    try {
      if (event.from === "MARKETPLACE") for (const sku of this.orders.tell(JSON.parse(event.body))) this.unread.add(sku);
      if (event.from === "INVENTORY_LEVELS_UPDATE") this.levelChanged(event.body);
    } catch (error) {
      console.log(`not understood, and left out: ${error.message}`);
    }
    this.wake();
  }

  // Ids are taken from the text: above 2^53, numbers would lose digits.
  levelChanged(body) {
    const sku = this.skus.get(JSON.parse(body).admin_graphql_api_id.split("inventory_item_id=")[1]);
    if (sku) this.unread.add(sku);
  }

  // One read, one write if orders wait for it, and the listings that follow. Whether there was anything to do.
  async step() {
    const due = this.orders.due(ORDERS_MAX, this.items);
    const skus = new Set(due.flatMap(({ changes }) => [...changes.keys()]));
    for (const sku of this.unread) if (skus.size < SKUS_MAX) skus.add(sku);
    const read = [...skus].filter((sku) => this.items.has(sku));
    for (const sku of skus) this.unread.delete(sku);
    if (!read.length) return false;
    try {
      const levels = await this.shop.levels(read.map((sku) => this.items.get(sku)));
      const written = due.length && (await this.send(this.write(due, levels)));
      this.learn(levels, written ? due : []);
      if (due.length && !written) for (const sku of read) this.unread.add(sku);
      for (const each of this.marketplaces) void each.list(levels.keys());
      return true;
    } catch (error) {
      for (const sku of read) this.unread.add(sku);
      throw error;
    }
  }

  // What is written for these orders: each SKU's change, from what was read.
  write(due, levels) {
    const total = new Map();
    for (const [sku, change] of due.flatMap(({ changes }) => [...changes])) total.set(sku, (total.get(sku) ?? 0) + change);
    const rows = [...total].filter(([, delta]) => delta).map(([sku, delta]) => {
      const [{ item, location, available }] = levels.get(sku);
      return { inventoryItemId: item, locationId: location, delta, changeFromQuantity: available };
    });
    return {
      key: randomUUID(),
      names: due.map(({ order }) => order.name),
      references: due.map(({ references }) => references),
      changes: due.map(({ changes }) => [...changes]),
      rows,
    };
  }

  // Sends a write until its answer is known, and remembers both. False: a level had changed since it was read.
  async send(write) {
    const { key, names, references, changes, rows } = write;
    this.store.write({ write });
    const written = !rows.length || (await this.until(() => this.adjust(key, references.flat(), rows)));
    this.store.write({ done: key, written });
    if (written) names.forEach((name, n) => this.settle(name, references[n], new Map(changes[n])));
    return written;
  }

  // What the shop refuses for good is left to a person.
  async adjust(key, references, changes) {
    try {
      return await this.shop.adjust({ key, references, changes });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      console.log(`GIVEN UP: ${references.join(",")}: ${error.message}`);
      return true;
    }
  }

  settle(name, references, changes) {
    this.orders.settle(this.orders.known.get(name), references, changes);
  }

  learn(levels, written) {
    for (const [sku, each] of levels) this.available.set(sku, each.reduce((sum, level) => sum + level.available, 0));
    for (const [sku, change] of written.flatMap(({ changes }) => [...changes])) {
      this.available.set(sku, this.available.get(sku) + change);
    }
  }

  // Until it succeeds: the shop may be out of reach for a while.
  async until(call) {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        console.log(`again in a moment: ${error.message}`);
        await pause(AGAIN_AFTER_MS);
      }
    }
  }
}
