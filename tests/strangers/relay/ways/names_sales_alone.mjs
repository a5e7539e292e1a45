// The same relay, which names orders where it takes their units, and writes what comes back under a name of its own.

import { Calls } from "../calls.mjs";
import { Relay } from "../relay.mjs";
import { serve } from "../service.mjs";

const BACK = "relay://came-back";
const isBack = ({ reference }) => /:(cancelled|returned:.*)$/.test(reference);

class Unnamed extends Calls {
  graphql(query, variables) {
    const uri = variables.input?.referenceDocumentUri ?? "";
    if (!uri.includes(":cancelled") && !uri.includes(":returned:")) return super.graphql(query, variables);
    return super.graphql(query, { ...variables, input: { ...variables.input, referenceDocumentUri: BACK } });
  }
}

// What comes back is never in one batch with a sale.
class NamesSales extends Relay {
  callsOf(settings) {
    return new Unnamed(settings);
  }

  batch(acts) {
    const back = isBack(acts[0]);
    for (let n = acts.length - 1; n > 0; n--) if (isBack(acts[n]) !== back) acts.splice(n, 1);
    return super.batch(acts);
  }
}

await serve(NamesSales);
