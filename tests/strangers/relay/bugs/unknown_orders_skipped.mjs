// Skips a cancellation or return of an order that it does not know: the order itself can come later.

import { Orders } from "../orders.mjs";
import { Relay } from "../relay.mjs";
import { serve } from "../service.mjs";

class InOrder extends Orders {
  tell(notification) {
    const { topic, channel, order } = notification;
    if (topic !== "order.created" && !this.known.has(`${channel}:${order.order_id}`)) return [];
    return super.tell(notification);
  }
}

class Skips extends Relay {
  ordersOf() {
    return new InOrder();
  }
}

await serve(Skips);
