// Marketplace orders: what is known of each, and which writes ("acts") the shop is owed for it.

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
    if (topic === "order.created") order.placed = true;
    if (topic === "order.cancelled") order.cancelled = true;
    if (topic === "order.returned") {
      order.returns.set(told.return.return_id, { restock: told.return.restock, lines: this.units(told.return.lines) });
    }
    this.settle(order);
    return [...order.lines.keys()];
  }

  // Quantities by SKU; one SKU can be on several lines.
  units(lines) {
    const total = new Map();
    for (const { sku, quantity } of lines) total.set(sku, (total.get(sku) ?? 0) + quantity);
    return total;
  }

  // Owes what the order is known to have changed. One that was cancelled before anything was written owes nothing.
  settle(order) {
    if (!order.placed) return;
    const returns = [...order.returns.keys()].map((id) => `${order.name}:returned:${id}`);
    const references = [order.name, ...returns];
    if (order.cancelled && !references.some((reference) => this.written.has(reference))) {
      for (const reference of references) this.acts.delete(reference);
      return;
    }
    // A cancellation gave back all that was not known to have come back, so a return adds nothing to it.
    const cancelled = `${order.name}:cancelled`;
    if (this.written.has(cancelled) || this.acts.has(cancelled)) return;
    this.owe(order.name, order.lines, -1);
    for (const [id, back] of order.returns) if (back.restock) this.owe(`${order.name}:returned:${id}`, back.lines, 1);
    if (order.cancelled) this.owe(cancelled, this.stillOut(order), 1);
  }

  stillOut(order) {
    const units = new Map(order.lines);
    for (const back of order.returns.values()) {
      for (const [sku, quantity] of back.lines) units.set(sku, units.get(sku) - quantity);
    }
    return units;
  }

  owe(reference, lines, sign) {
    if (this.written.has(reference) || this.acts.has(reference)) return;
    const deltas = [...lines].map(([sku, quantity]) => [sku, sign * quantity]).filter(([, delta]) => delta !== 0);
    this.acts.set(reference, { reference, deltas });
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
