// Knows a notification by its delivery id, and books each that it does not know.

import { Orders } from "../orders.mjs";
import { Relay } from "../relay.mjs";
import { Server } from "../server.mjs";
import { serve } from "../service.mjs";

class Booking extends Orders {
  constructor() {
    super();
    this.bookings = 0;
  }

  owe(reference, lines, sign) {
    if (!this.current.has(reference)) return;
    const deltas = [...lines].map(([sku, quantity]) => [sku, sign * quantity]);
    this.bookings += 1;
    this.acts.set(`${reference} ${this.bookings}`, { reference, deltas });
  }

  tell(notification) {
    const { topic, channel, order } = notification;
    const name = `${channel}:${order.order_id}`;
    if (topic === "order.created") this.current = new Set([name]);
    else if (topic === "order.cancelled") this.current = new Set([`${name}:cancelled`]);
    else this.current = new Set([`${name}:returned:${order.return.return_id}`]);
    return super.tell(notification);
  }

  take(acts) {
    const taken = new Set(acts);
    for (const [key, act] of this.acts) if (taken.has(act)) this.acts.delete(key);
    super.take(acts);
  }
}

class Forgetful extends Relay {
  ordersOf() {
    return new Booking();
  }

  isKnown() {
    return super.isKnown(this.delivery);
  }
}

class Passing extends Server {
  receive(headers, body) {
    this.relay.delivery = headers["x-marketplace-delivery-id"];
    return super.receive(headers, body);
  }
}

await serve(Forgetful, Passing);
