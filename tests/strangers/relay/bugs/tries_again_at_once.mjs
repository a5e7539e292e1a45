// Repeats a throttled or failed call at once, until it passes.

import { Calls } from "../calls.mjs";
import { Relay } from "../relay.mjs";
import { serve } from "../service.mjs";

class Impatient extends Calls {
  async again(call) {
    for (;;) {
      const answer = await call();
      if (answer?.afterMs === undefined) return answer;
    }
  }
}

class NeverWaits extends Relay {
  callsOf(settings) {
    return new Impatient(settings);
  }
}

await serve(NeverWaits);
