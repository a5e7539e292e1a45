// Takes a push that was answered 200 for done, whatever rows the answer rejects.

import { Calls } from "../calls.mjs";
import { Relay } from "../relay.mjs";
import { serve } from "../service.mjs";

class Content extends Calls {
  async list(channel, rows) {
    await super.list(channel, rows);
    return [];
  }
}

class Forgets extends Relay {
  callsOf(settings) {
    return new Content(settings);
  }
}

await serve(Forgets);
