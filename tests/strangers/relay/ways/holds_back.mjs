// The same relay, which keeps two units of everything for the shop itself: `--safety-stock 2` declares it.

import { Relay } from "../relay.mjs";
import { serve } from "../service.mjs";

const KEPT = 2;

class HoldsBack extends Relay {
  quantity(sku, available) {
    return Math.max(0, super.quantity(sku, available) - KEPT);
  }
}

await serve(HoldsBack);
