// The shop, by Shopify's own library: webhooks that are verified and registered, stock that is read and written.

import "@shopify/shopify-api/adapters/node";
import { DeliveryMethod, GraphqlQueryError, LogSeverity, shopifyApi } from "@shopify/shopify-api";

const TOPICS = ["INVENTORY_LEVELS_UPDATE", "ORDERS_CREATE", "ORDERS_CANCELLED", "REFUNDS_CREATE", "PRODUCTS_UPDATE"];
const TRIES = 8;
const STALE = ["CHANGE_FROM_QUANTITY_STALE", "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"];

const VARIANTS = `query Variants($after: String) {
  productVariants(first: 100, after: $after) {
    nodes { sku inventoryItem { id } }
    pageInfo { hasNextPage endCursor }
  }
}`;
const LEVELS = `query Levels($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on InventoryItem {
      sku
      inventoryLevels(first: 5) { nodes { location { id } quantities(names: ["available"]) { quantity } } }
    }
  }
}`;
const ADJUST = `mutation Adjust($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) { userErrors { field message code } }
}`;

// A write that the shop will never take.
export class Refused extends Error {}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export function makeShop(config) {
  const shopify = shopifyApi({
    apiSecretKey: config.apiSecretKey,
    adminApiAccessToken: config.accessToken,
    isCustomStoreApp: true,
    isEmbeddedApp: false,
    apiVersion: config.apiVersion,
    hostName: new URL(config.address).host,
    hostScheme: new URL(config.address).protocol.slice(0, -1),
    logger: { level: LogSeverity.Warning },
    future: {},
  });
  const session = shopify.session.customAppSession(config.shop);
  const client = new shopify.clients.Graphql({ session });
  for (const topic of TOPICS) {
    shopify.webhooks.addHandlers({ [topic]: { deliveryMethod: DeliveryMethod.Http, callbackUrl: "/webhooks" } });
  }

  // The library repeats 429 and 503. Repeated here: a lost answer, other trouble of the server, and THROTTLED.
  async function ask(query, variables) {
    for (let n = 1; ; n++) {
      try {
        return (await client.request(query, { variables, retries: 2 })).data;
      } catch (error) {
        const codes = (error.body?.errors?.graphQLErrors ?? []).map((each) => each.extensions?.code);
        if (n === TRIES || (error instanceof GraphqlQueryError && !codes.includes("THROTTLED"))) throw error;
        await pause(Math.min(100 * 2 ** n, 4000) * (0.5 + Math.random() / 2));
      }
    }
  }

  return {
    validate: shopify.webhooks.validate,

    async register() {
      for (const [topic, results] of Object.entries(await shopify.webhooks.register({ session }))) {
        const failed = results.find((each) => !each.success);
        if (failed) throw new Error(`no subscription to ${topic}: ${JSON.stringify(failed.result)}`);
      }
    },

    // Every inventory item of the shop: a Map from SKU to id.
    async items() {
      const found = new Map();
      for (let after = null, more = true; more; ) {
        const { nodes, pageInfo } = (await ask(VARIANTS, { after })).productVariants;
        for (const { sku, inventoryItem } of nodes) if (sku) found.set(sku, inventoryItem.id);
        [after, more] = [pageInfo.endCursor, pageInfo.hasNextPage];
      }
      return found;
    },

    // What is available: a Map from SKU to [{item, location, available}].
    async levels(ids) {
      const { nodes } = await ask(LEVELS, { ids });
      const of = (node, id) => node.inventoryLevels.nodes.map((level) => ({
        item: id, location: level.location.id, available: level.quantities[0].quantity,
      }));
      return new Map(nodes.map((node, n) => [node?.sku, node && of(node, ids[n])]).filter(([sku]) => sku));
    },

    // Whether it was written. False: a level is no longer what was read, and nothing was written. The second code says the
    // same of a call whose answer was lost.
    async adjust({ key, references, changes }) {
      const referenceDocumentUri = `urn:channel-orders:${references.join(",")}`;
      const input = { name: "available", reason: "correction", referenceDocumentUri, changes };
      const { userErrors } = (await ask(ADJUST, { input, key })).inventoryAdjustQuantities;
      if (userErrors.some((error) => STALE.includes(error.code))) return false;
      if (userErrors.some((error) => error.code === "IDEMPOTENCY_CONCURRENT_REQUEST")) throw new Error("still under way");
      if (userErrors.length) throw new Refused(JSON.stringify(userErrors));
      return true;
    },
  };
}
