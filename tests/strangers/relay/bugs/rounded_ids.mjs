// Takes the item's id as the number that JSON.parse makes of it: above 2^53 the last digits are lost.

import { Relay } from "../relay.mjs";
import { serve } from "../service.mjs";

class Rounding extends Relay {
  levelChanged(text) {
    const sku = this.skuOf.get(`gid://shopify/InventoryItem/${JSON.parse(text).inventory_item_id}`);
    if (sku !== undefined) this.dirty.add(sku);
    this.work();
  }
}

await serve(Rounding);
