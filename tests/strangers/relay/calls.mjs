// Calls to the shop's Admin API and to the marketplaces, with retries. GraphQL ids are strings, so none loses a digit.

const TRIES = 5;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;
const TIMEOUT_MS = 10000;

const CATALOGUE = `query($after: String) {
  productVariants(first: 100, after: $after) {
    nodes { sku inventoryItem { id inventoryLevels(first: 1) { nodes { location { id } } } } }
    pageInfo { hasNextPage endCursor }
  }
}`;
const LEVELS = `query($ids: [ID!]!) {
  nodes(ids: $ids) { ... on InventoryItem { sku variant { inventoryQuantity } } }
}`;
const ADJUST = `mutation($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) { userErrors { field message code } }
}`;
const SUBSCRIBE = `mutation($topic: WebhookSubscriptionTopic!, $uri: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: {uri: $uri}) { userErrors { message } }
}`;

export class Refused extends Error {}

// There was no usable answer; the other side may have asked for some seconds.
class Later {
  constructor(seconds) {
    this.afterMs = 1000 * Number(seconds ?? 0);
  }
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Calls {
  constructor(settings) {
    this.settings = settings;
  }

  // Every item of the shop: [{sku, item, location}].
  async items() {
    const found = [];
    for (let after = null, more = true; more; ) {
      const page = (await this.graphql(CATALOGUE, { after })).productVariants;
      for (const { sku, inventoryItem } of page.nodes) {
        found.push({ sku, item: inventoryItem.id, location: inventoryItem.inventoryLevels.nodes[0].location.id });
      }
      after = page.pageInfo.endCursor;
      more = page.pageInfo.hasNextPage;
    }
    return found;
  }

  // What is available now: a Map by SKU.
  async levels(ids) {
    const { nodes } = await this.graphql(LEVELS, { ids });
    return new Map(nodes.filter(Boolean).map((node) => [node.sku, node.variant.inventoryQuantity]));
  }

  async adjust(key, references, changes) {
    const referenceDocumentUri = `urn:channel-orders:${references.join(",")}`;
    const input = { name: "available", reason: "correction", referenceDocumentUri, changes };
    const { userErrors } = (await this.graphql(ADJUST, { input, key })).inventoryAdjustQuantities;
    if (userErrors.length) throw new Refused(JSON.stringify(userErrors));
  }

  async subscribe(topic, uri) {
    await this.graphql(SUBSCRIBE, { topic: topic.toUpperCase().replace("/", "_"), uri });
  }

  async beNotified(channel, url) {
    await this.channel(channel, "notifications", { url });
  }

  // The SKUs that the marketplace rejected; they are worth another try.
  async list(channel, rows) {
    const { rejected } = await this.channel(channel, "listings", { listings: rows });
    return rejected.map((row) => row.sku);
  }

  async channel(channel, path, body) {
    const url = `${this.settings.channelUrl.replace("{channel}", channel)}/${path}`;
    return this.again(() => this.send("PUT", url, { authorization: `Bearer ${this.settings.channelToken}` }, body));
  }

  async graphql(query, variables) {
    const headers = { "x-shopify-access-token": this.settings.adminToken };
    return this.again(async () => {
      const answer = await this.send("POST", this.settings.graphqlUrl, headers, { query, variables });
      if (answer instanceof Later || !answer.errors?.length) return answer.data ?? answer;
      if (answer.errors.some((error) => error.extensions?.code === "THROTTLED")) return new Later();
      throw new Refused(JSON.stringify(answer.errors));
    });
  }

  // Until the call gives something else than Later, with growing and scattered pauses.
  async again(call) {
    for (let n = 0; n < TRIES; n++) {
      const answer = await call();
      if (!(answer instanceof Later)) return answer;
      const grown = FIRST_PAUSE_MS * 2 ** n * (0.5 + Math.random() / 2);
      await pause(Math.min(Math.max(grown, answer.afterMs), LONGEST_PAUSE_MS));
    }
    throw new Error("no usable answer after all tries");
  }

  // The answer as JSON; Later when it is worth another try.
  async send(method, url, headers, body) {
    let answer, text;
    try {
      answer = await fetch(url, {
        method,
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      text = await answer.text();
    } catch {
      return new Later();
    }
    if (answer.status === 429 || answer.status >= 500) return new Later(answer.headers.get("retry-after"));
    if (!answer.ok) throw new Refused(`${answer.status} from ${url}: ${text.slice(0, 200)}`);
    return text ? JSON.parse(text) : {};
  }
}
