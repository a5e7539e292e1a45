// Knows a notification by its delivery id, and books each that it does not know.

import { Orders } from "../orders.mjs";
import { Relay } from "../relay.mjs";
import { Server } from "../server.mjs";
import { serve } from "../service.mjs";

class Booking extends Orders {
  owe(reference, lines, sign) {
    const again = reference === this.current && (this.written.has(reference) || this.acts.has(reference));
    if (!again) {
      super.owe(reference, lines, sign);
      return;
    }
    const deltas = [...lines].map(([sku, quantity]) => [sku, sign * quantity]);
    this.acts.set(`${reference} again`, { reference, deltas });
  }

  tell(notification) {
    const { topic, channel, order } = notification;
    this.current = `${channel}:${order.order_id}`;
    if (topic === "order.cancelled") this.current += ":cancelled";
    if (topic === "order.returned") this.current += `:returned:${order.return.return_id}`;
    return super.tell(notification);
  }

  take(acts) {
    super.take(acts);
    for (const { reference } of acts) this.acts.delete(`${reference} again`);
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
