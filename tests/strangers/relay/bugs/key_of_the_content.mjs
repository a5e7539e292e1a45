// Makes the idempotency key from what changes: two writes that change the same are one to the shop.

import { createHash } from "node:crypto";

import { Relay } from "../relay.mjs";
import { serve } from "../service.mjs";

class Hashing extends Relay {
  batch(acts) {
    const batch = super.batch(acts);
    return { ...batch, key: createHash("sha256").update(JSON.stringify(batch.changes)).digest("hex") };
  }
}

await serve(Hashing);
