// An app with nothing but `authenticate.webhook`, of Shopify's package for React Router or of that for Remix, at Node's own server. Their servers
// give a route the same `Request`.
//
// `node webhooks.mjs PACKAGE PORT DOMAIN SECRET TOKEN` prints lines of JSON: once, what its registration for orders/create came to; and for each
// webhook that it took, what the package said of it and what the shop answered to a query by the `admin` that came with it.
import { createServer } from "node:http";

import { Session } from "@shopify/shopify-api";
import { MemorySessionStorage } from "@shopify/shopify-app-session-storage-memory";

const [name, port, shop, apiSecretKey, accessToken] = process.argv.slice(2);
const QUERY = "{ shop { myshopifyDomain } }";

await import(`${name}/adapters/node`);
const { ApiVersion, AppDistribution, DeliveryMethod, LogSeverity, shopifyApp } = await import(`${name}/server`);
const sessionStorage = new MemorySessionStorage();
const { authenticate, registerWebhooks } = shopifyApp({
  apiKey: "a key",
  apiSecretKey,
  appUrl: `http://127.0.0.1:${port}`,
  scopes: ["read_orders"],
  apiVersion: ApiVersion.July26,
  distribution: AppDistribution.AppStore,
  webhooks: { ORDERS_CREATE: { deliveryMethod: DeliveryMethod.Http, callbackUrl: "/webhooks" } },
  logger: { level: LogSeverity?.Error ?? 0 },
  sessionStorage,
});
// As after an installation. Without it, the package gives a webhook no `admin`.
const session = new Session({ id: `offline_${shop}`, shop, state: "", isOnline: false, accessToken, scope: "read_orders" });
await sessionStorage.storeSession(session);

function tell(found) {
  console.log(JSON.stringify(found));
}

async function take(request) {
  const { admin, payload, topic, webhookId } = await authenticate.webhook(request);
  const answer = await (await admin.graphql(QUERY)).json();
  tell({ topic, webhookId, number: payload.order_number ?? null, shop: answer.data.shop.myshopifyDomain });
}

async function status(request) {
  try {
    await take(request);
    return 200;
  } catch (refusal) {
    if (refusal instanceof Response) return refusal.status; // as a framework does with what a route throws
    console.error(refusal);
    return 500;
  }
}

const server = createServer(async (incoming, outgoing) => {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const url = `http://127.0.0.1:${port}${incoming.url}`;
  const request = new Request(url, { method: "POST", headers: incoming.headers, body: Buffer.concat(chunks) });
  outgoing.writeHead(await status(request)).end();
});
server.listen(Number(port), "127.0.0.1", async () => {
  const registered = await registerWebhooks({ session });
  tell({ registered: registered.ORDERS_CREATE.map((each) => each.success) });
});
