// The same relay, which lists each SKU in a call of its own, and opens a connection for each call.

import { Calls } from "../calls.mjs";
import { Relay } from "../relay.mjs";
import { serve } from "../service.mjs";

class Single extends Calls {
  async list(channel, rows) {
    const rejected = await Promise.all(rows.map((row) => super.list(channel, [row])));
    return rejected.flat();
  }

  async send(method, url, headers, body) {
    return super.send(method, url, { ...headers, connection: "close" }, body);
  }
}

class OneRow extends Relay {
  callsOf(settings) {
    return new Single(settings);
  }
}

await serve(OneRow);
