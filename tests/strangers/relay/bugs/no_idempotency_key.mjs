// Writes orders without @idempotent, as was allowed before 2026-04. A shop that serves no older version refuses each, and
// the relay only logs it.

import { Calls, Refused } from "../calls.mjs";
import { Relay } from "../relay.mjs";
import { serve } from "../service.mjs";

const ADJUST = `mutation($input: InventoryAdjustQuantitiesInput!) {
  inventoryAdjustQuantities(input: $input) { userErrors { field message code } }
}`;

class Former extends Calls {
  async adjust(key, references, changes) {
    const referenceDocumentUri = `urn:channel-orders:${references.join(",")}`;
    const input = { name: "available", reason: "correction", referenceDocumentUri, changes };
    const { userErrors } = (await this.graphql(ADJUST, { input })).inventoryAdjustQuantities;
    if (userErrors.length) throw new Refused(JSON.stringify(userErrors));
  }
}

class Dated extends Relay {
  callsOf(settings) {
    return new Former(settings);
  }
}

await serve(Dated);
