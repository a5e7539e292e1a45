// The port at which webhooks arrive, and its settings from the environment. It has no probes.

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const BODY_MAX = 4_000_000; // bodies of orders can exceed a megabyte

export function settings(env = process.env) {
  return {
    port: Number(env.PORT),
    webhookUrl: `http://127.0.0.1:${env.PORT}/webhooks`,
    graphqlUrl: env.GRAPHQL_URL,
    shopDomain: env.SHOP_DOMAIN,
    adminToken: env.ADMIN_TOKEN,
    clientSecrets: [env.CLIENT_SECRET, env.NEXT_CLIENT_SECRET].filter(Boolean), // two while the shop's is rotated
    channels: env.CHANNELS.split(","),
    channelUrl: env.CHANNEL_URL,
    channelToken: env.CHANNEL_TOKEN,
    channelSecret: env.CHANNEL_SECRET,
    state: env.STATE,
  };
}

export class Server {
  constructor(settings, relay) {
    this.settings = settings;
    this.relay = relay;
  }

  listen() {
    createServer((request, response) => this.serve(request, response)).listen(this.settings.port, "127.0.0.1");
  }

  serve(request, response) {
    const parts = [];
    let size = 0;
    request.on("data", (part) => {
      size += part.length;
      if (size <= BODY_MAX) parts.push(part);
    });
    request.on("error", () => response.destroy());
    request.on("end", () => {
      if (request.method !== "POST" || request.url !== "/webhooks") response.writeHead(404).end();
      else response.writeHead(size > BODY_MAX ? 413 : this.status(request.headers, Buffer.concat(parts))).end();
    });
  }

  // A signed body that makes no sense is refused, and nothing of it is kept.
  status(headers, body) {
    try {
      return this.receive(headers, body);
    } catch (error) {
      if (!(error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError)) throw error;
      console.log("refused:", String(error));
      return 422;
    }
  }

  // The status to answer. What is acknowledged is in the journal, or was only a hint.
  receive(headers, body) {
    const topic = headers["x-shopify-topic"];
    if (topic === undefined) {
      if (!this.marketplaceMay(headers, body)) return 401;
      this.relay.notified(body.toString());
      return 204;
    }
    if (!this.shopMay(headers, body)) return 401;
    if (topic === "inventory_levels/update") this.relay.levelChanged(body.toString());
    return 204;
  }

  shopMay(headers, body) {
    if (headers["x-shopify-shop-domain"] !== this.settings.shopDomain) return false;
    return this.settings.clientSecrets.some((each) => this.isSigned(each, body, headers["x-shopify-hmac-sha256"]));
  }

  marketplaceMay(headers, body) {
    return this.isSigned(this.settings.channelSecret, body, headers["x-marketplace-signature"]);
  }

  isSigned(secret, body, signature = "") {
    const wanted = Buffer.from(createHmac("sha256", secret).update(body).digest("base64"));
    const given = Buffer.from(signature);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }
}
