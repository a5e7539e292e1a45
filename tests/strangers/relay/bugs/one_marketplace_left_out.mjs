// Lists on every marketplace but the last one, which was added later and never to this list.

import { Relay } from "../relay.mjs";
import { serve } from "../service.mjs";

class LeavesOut extends Relay {
  listedOn() {
    return super.listedOn().slice(0, -1);
  }
}

await serve(LeavesOut);
