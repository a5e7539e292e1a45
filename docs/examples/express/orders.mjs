// Orders of marketplaces: what the shop has been told of each, and what it has yet to be told.

const UNITS_MAX = 100_000; // in a line; more is a mistake

export class Orders {
  constructor() {
    this.known = new Map(); // by "marketplace:number"
    this.open = new Set(); // orders with something to write
  }

  // News of an order. They come in any order. Gives the SKUs that it is about.
  tell({ topic, channel, order: news }) {
    const name = `${channel}:${news.order_id}`;
    const order = this.known.get(name) ?? this.begin(name);
    order.lines = units(news.lines);
    if (topic === "order.created") order.placed = true;
    if (topic === "order.cancelled") order.cancelled = true;
    if (topic === "order.returned") order.returns.set(news.return.return_id, news.return);
    order.references.add(reference(name, topic, news));
    if (order.placed) this.open.add(order);
    return [...order.lines.keys()];
  }

  begin(name) {
    const order = { name, placed: false, cancelled: false, returns: new Map(), references: new Set(), written: new Map() };
    this.known.set(name, order);
    return order;
  }

  // Up to `most` orders of items that the shop has, whose units differ from what was written:
  // [{order, references, changes: Map from SKU to units}].
  due(most, items) {
    const found = [];
    for (const order of this.open) {
      if (![...order.lines.keys()].every((sku) => items.has(sku))) continue;
      const changes = owed(order);
      if (changes.size) found.push({ order, references: [...order.references], changes });
      else this.settle(order, [...order.references], changes);
      if (found.length === most) break;
    }
    return found;
  }

  // The shop has these changes now.
  settle(order, references, changes) {
    for (const [sku, change] of changes) order.written.set(sku, (order.written.get(sku) ?? 0) + change);
    for (const each of references) order.references.delete(each);
    if (!order.references.size) this.open.delete(order);
  }

  // Units of a SKU that were sold, and that the shop does not know of.
  unwritten(sku) {
    let found = 0;
    for (const order of this.open) found += Math.max(0, -(owed(order).get(sku) ?? 0));
    return found;
  }
}

function reference(name, topic, news) {
  if (topic === "order.cancelled") return `${name}:cancelled`;
  return topic === "order.returned" ? `${name}:returned:${news.return.return_id}` : name;
}

// Units by SKU. One SKU can be on several lines.
function units(lines) {
  const found = new Map();
  for (const { sku, quantity } of lines) {
    if (!Number.isInteger(quantity) || quantity < 0 || quantity > UNITS_MAX) throw new Error(`${quantity} units of ${sku}`);
    found.set(sku, (found.get(sku) ?? 0) + quantity);
  }
  return found;
}

// What the stock of the shop must still change by. A return gives back what can be sold again, a cancellation the rest.
function owed(order) {
  const found = new Map();
  for (const [sku, sold] of order.lines) {
    let [out, left] = [sold, sold];
    for (const each of order.returns.values()) {
      const back = units(each.lines).get(sku) ?? 0;
      left -= back;
      if (each.restock) out -= back;
    }
    if (order.cancelled) out -= left;
    const change = -out - (order.written.get(sku) ?? 0);
    if (change) found.set(sku, change);
  }
  return found;
}
