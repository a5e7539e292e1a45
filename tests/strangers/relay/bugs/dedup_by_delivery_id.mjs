// Knows a notification by its delivery id, and books each that it does not know.

import { Orders } from "../orders.mjs";
import { Relay } from "../relay.mjs";
import { Server } from "../server.mjs";
import { serve } from "../service.mjs";

class Booking extends Orders {
  // The part of the order that the notification is about, once more if it is booked already.
  tell(notification) {
    const reference = this.reference(notification);
    const again = this.written.has(reference) || this.acts.has(reference);
    const skus = super.tell(notification);
    if (again) {
      const order = this.known.get(`${notification.channel}:${notification.order.order_id}`);
      const [, units] = this.parts(order).find(([each]) => each === reference);
      this.acts.set(`${reference} again`, { reference, deltas: [...units] });
    }
    return skus;
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
