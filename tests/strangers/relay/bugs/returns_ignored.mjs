// Acknowledges returns and puts nothing back.

import { Orders } from "../orders.mjs";
import { Relay } from "../relay.mjs";
import { serve } from "../service.mjs";

class Final extends Orders {
  tell(notification) {
    return notification.topic === "order.returned" ? [] : super.tell(notification);
  }
}

class NeverReturns extends Relay {
  ordersOf() {
    return new Final();
  }
}

await serve(NeverReturns);
