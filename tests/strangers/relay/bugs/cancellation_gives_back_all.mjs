// A cancellation gives back the whole order, also what was returned before.

import { Orders } from "../orders.mjs";
import { Relay } from "../relay.mjs";
import { serve } from "../service.mjs";

class Generous extends Orders {
  parts(order) {
    return super.parts(order).map(([reference, units]) =>
      reference.endsWith(":cancelled") ? [reference, new Map(order.lines)] : [reference, units],
    );
  }
}

class GivesBackAll extends Relay {
  ordersOf() {
    return new Generous();
  }
}

await serve(GivesBackAll);
