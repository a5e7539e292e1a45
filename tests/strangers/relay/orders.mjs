// Marketplace orders: what is known of each, and which writes ("acts") the shop is owed for it.

const UNITS_MAX = 100_000;

// RangeError or TypeError: this cannot be what somebody ordered, or brought back.
export function mustCount({ topic, order }) {
  const parts = topic === "order.returned" ? [order.lines, order.return.lines] : [order.lines];
  for (const { sku, quantity } of parts.flatMap((lines) => [...lines])) {
    if (typeof sku !== "string") throw new TypeError(`a SKU is no text: ${JSON.stringify(sku)}`);
    if (!Number.isInteger(quantity) || quantity < 1 || quantity > UNITS_MAX) {
      throw new RangeError(`nobody orders ${JSON.stringify(quantity)} units`);
    }
  }
}

export class Orders {
  constructor() {
    this.known = new Map(); // by "channel:order_id"
    this.acts = new Map(); // by reference: {reference, deltas}, not written yet
    this.written = new Set(); // references
  }

  // A notification; they are repeated and come in any order. Gives the SKUs that it concerns.
  tell(notification) {
    const { topic, channel, order: told } = notification;
    const name = `${channel}:${told.order_id}`;
    const order = this.known.get(name) ?? { name, placed: false, cancelled: false, returns: new Map() };
    this.known.set(name, order);
    order.lines = this.units(told.lines);
    const before = order.placed ? this.total(order) : null;
    if (topic === "order.created") order.placed = true;
    if (topic === "order.cancelled") order.cancelled = true;
    if (topic === "order.returned") {
      order.returns.set(told.return.return_id, { restock: told.return.restock, lines: this.units(told.return.lines) });
    }
    if (order.placed) this.settle(order, before, this.reference(notification));
    return [...order.lines.keys()];
  }

  reference({ topic, channel, order }) {
    const name = `${channel}:${order.order_id}`;
    if (topic === "order.cancelled") return `${name}:cancelled`;
    return topic === "order.returned" ? `${name}:returned:${order.return.return_id}` : name;
  }

  // Quantities by SKU; one SKU can be on several lines.
  units(lines) {
    const total = new Map();
    for (const { sku, quantity } of lines) total.set(sku, (total.get(sku) ?? 0) + quantity);
    return total;
  }

  // What the order changes by now: [[reference, Map by SKU]], for its sale, its returns and its cancellation.
  parts(order) {
    const sign = (lines, by) => new Map([...lines].map(([sku, quantity]) => [sku, by * quantity]));
    const stillOut = new Map(order.lines);
    const found = [[order.name, sign(order.lines, -1)]];
    for (const [id, back] of order.returns) {
      if (back.restock) found.push([`${order.name}:returned:${id}`, back.lines]);
      for (const [sku, quantity] of back.lines) stillOut.set(sku, stillOut.get(sku) - quantity);
    }
    if (order.cancelled) found.push([`${order.name}:cancelled`, stillOut]);
    return found;
  }

  total(order) {
    const sums = new Map();
    for (const [, deltas] of this.parts(order)) {
      for (const [sku, delta] of deltas) sums.set(sku, (sums.get(sku) ?? 0) + delta);
    }
    return sums;
  }

  // Owes what the notification adds to what was known; `before` is null when the order was not placed until now. An
  // order that comes to nothing before anything of it is written owes nothing.
  settle(order, before, reference) {
    const now = this.total(order);
    const references = this.parts(order).map(([each]) => each);
    const untouched = !references.some((each) => this.written.has(each));
    if (order.cancelled && untouched && [...now.values()].every((delta) => delta === 0)) {
      for (const each of references) this.acts.delete(each);
    } else if (before === null) {
      for (const [each, deltas] of this.parts(order)) this.owe(each, deltas);
    } else {
      this.owe(reference, new Map([...now].map(([sku, delta]) => [sku, delta - before.get(sku)])));
    }
  }

  owe(reference, units) {
    const deltas = [...units].filter(([, delta]) => delta !== 0);
    if (deltas.length) this.acts.set(reference, { reference, deltas });
  }

  // These are the shop's now, or on their way to it.
  take(acts) {
    for (const { reference } of acts) {
      this.acts.delete(reference);
      this.written.add(reference);
    }
  }

  // Units of a SKU that were sold and that the shop does not know of.
  unwritten(sku) {
    let units = 0;
    for (const { deltas } of this.acts.values()) {
      for (const [each, delta] of deltas) if (each === sku && delta < 0) units -= delta;
    }
    return units;
  }
}
