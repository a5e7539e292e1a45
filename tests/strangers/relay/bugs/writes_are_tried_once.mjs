// Logs a write that failed, and goes on without it. Reads and listings are repeated.

import { Calls } from "../calls.mjs";
import { Relay } from "../relay.mjs";
import { serve } from "../service.mjs";

class Once extends Calls {
  async again(call) {
    const answer = await call();
    if (answer?.afterMs !== undefined) throw new Error("no usable answer");
    return answer;
  }
}

class GivesUp extends Relay {
  async send(batch) {
    try {
      if (batch.changes.length) await new Once(this.settings).adjust(batch.key, batch.references, batch.changes);
    } catch (error) {
      console.log("write failed:", String(error));
    }
    this.journal.add("done", batch.key);
  }
}

await serve(GivesUp);
