// Keeps the listings of marketplaces in step with a shop, and writes their orders to it. Express and @shopify/shopify-api.
//
// A request is verified, stored and answered. The work is done afterwards, by the worker.

import express from "express";

import { isFromMarketplace } from "./marketplaces.mjs";
import { settings } from "./settings.mjs";
import { makeShop } from "./shop.mjs";
import { Store } from "./store.mjs";
import { Worker } from "./worker.mjs";

const config = settings(process.env);
const shop = makeShop(config);
const store = new Store(config.data);
const worker = new Worker(config, shop, store);
const app = express();
const raw = express.text({ type: () => true, limit: "5mb" }); // the bytes as they came, because they are what is signed

app.post("/webhooks", raw, async (request, response) => {
  const told = await shop.validate({ rawBody: request.body || "", rawRequest: request, rawResponse: response });
  if (!told.valid) return response.status(401).end();
  if (told.domain === config.shop) worker.accept(store.add(told.webhookId, { from: told.topic, body: request.body }));
  response.status(200).end();
});

app.post("/marketplaces", raw, (request, response) => {
  if (!isFromMarketplace(config, request)) return response.status(401).end();
  const id = idOf(request.body);
  if (id === undefined) return response.status(400).end(); // signed, and no notification
  worker.accept(store.add(id, { from: "MARKETPLACE", body: request.body }));
  response.status(200).end();
});

function idOf(body) {
  try {
    return JSON.parse(body).id;
  } catch {
    return undefined;
  }
}

app.get("/health", (_request, response) => response.json({ ok: true }));

app.listen(config.port, "127.0.0.1", () => worker.start());
