// Ordinary calls through @shopify/shopify-api. Prints what came back, as JSON.
// Run as `node calls.mjs PORT TOKEN`: unmodified but for the address. PORT 0: over HTTPS, as the environment leads it.

import "@shopify/shopify-api/adapters/node";
import { ApiVersion, LogSeverity, Session, shopifyApi } from "@shopify/shopify-api";
import { setAbstractFetchFunc } from "@shopify/shopify-api/runtime";
import { restResources } from "@shopify/shopify-api/rest/admin/2026-04";

const [port, token] = process.argv.slice(2);
const address = "https://subject.example.com/webhooks";

if (port !== "0") {
  setAbstractFetchFunc((url, options) => {
    const target = new URL(url);
    return fetch(`http://127.0.0.1:${port}${target.pathname}${target.search}`, options);
  });
}

const shopify = shopifyApi({
  apiKey: "key",
  apiSecretKey: "secret",
  scopes: ["read_orders"],
  hostName: "localhost",
  hostScheme: port === "0" ? "https" : "http", // the REST client takes it for the shop too
  apiVersion: ApiVersion.April26,
  isEmbeddedApp: false,
  restResources,
  future: {},
  logger: { level: LogSeverity.Error },
});
const session = new Session({
  id: "offline", shop: "stockstorm-demo.myshopify.com", state: "", isOnline: false, accessToken: token,
});

const { InventoryLevel, Location, Order, Product, Webhook } = shopify.rest;

const pages = [];
let info = { limit: "3", status: "any" };
while (info) {
  const page = await Order.all({ session, ...info });
  pages.push(page.data.map((order) => order.order_number));
  info = page.pageInfo?.nextPage?.query;
}
const products = (await Product.all({ session })).data;
const variant = products[0].variants[0];
const locations = (await Location.all({ session })).data;
const levels = (await InventoryLevel.all({ session, inventory_item_ids: String(variant.inventory_item_id) })).data;
const place = { inventory_item_id: variant.inventory_item_id, location_id: levels[0].location_id };
const one = new InventoryLevel({ session });
await one.adjust({ ...place, available_adjustment: -2, body: {} });
const adjusted = (await InventoryLevel.all({ session, inventory_item_ids: String(place.inventory_item_id) })).data[0];
const read = adjusted.available;
await one.set({ ...place, available: 5, body: null });
const written = (await InventoryLevel.all({ session, inventory_item_ids: String(place.inventory_item_id) })).data[0];
const hook = new Webhook({ session });
hook.topic = "orders/create";
hook.address = address;
hook.format = "json";
await hook.save({ update: true });
const listed = (await Webhook.all({ session })).data.map((each) => each.topic);
await Webhook.delete({ session, id: hook.id });
let missing = 0;
try {
  await Order.find({ session, id: 4711 });
} catch (error) {
  missing = error.response.code;
}

console.log(JSON.stringify({
  pages,
  count: (await Order.count({ session, status: "any" })).count,
  sku: variant.sku,
  locations: locations.length,
  levels: [levels[0].available, read, written.available],
  topics: listed,
  left: (await Webhook.count({ session })).count,
  missing,
}));
