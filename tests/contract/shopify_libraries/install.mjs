// An app installs itself with @shopify/shopify-api, unmodified: by an authorization code, and by three other grants.
// Run as `node install.mjs CLIENT_ID SECRET`, in an environment that leads https://{shop}.myshopify.com to a played shop.

import { createHmac } from "node:crypto";
import { createServer } from "node:http";

import "@shopify/shopify-api/adapters/node";
import { ApiVersion, LogSeverity, RequestedTokenType, shopifyApi } from "@shopify/shopify-api";

const [apiKey, apiSecretKey] = process.argv.slice(2);
const shop = "stockstorm-demo.myshopify.com";

// The app: a page where the installation begins, and the one to which the shop sends the merchant back.
const server = createServer(async (rawRequest, rawResponse) => {
  if (rawRequest.url.startsWith("/auth/callback")) {
    try {
      const { session } = await shopify.auth.callback({ rawRequest, rawResponse, expiring: true });
      rawResponse.end(JSON.stringify(session));
    } catch (error) {
      rawResponse.writeHead(400).end(error.constructor.name);
    }
  } else {
    await shopify.auth.begin({ shop, callbackPath: "/auth/callback", isOnline: false, rawRequest, rawResponse });
  }
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const address = `127.0.0.1:${server.address().port}`;
const shopify = shopifyApi({
  apiKey,
  apiSecretKey,
  scopes: ["read_orders"],
  hostName: address,
  hostScheme: "http",
  apiVersion: ApiVersion.April26,
  isEmbeddedApp: true,
  future: {},
  logger: { level: LogSeverity.Error },
});

// The merchant's browser: it follows redirects and keeps cookies.
const headers = { "user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0" };
const begun = await fetch(`http://${address}/auth`, { redirect: "manual", headers });
const cookie = begun.headers.getSetCookie().map((each) => each.split(";")[0]).join("; ");
const approved = await fetch(begun.headers.get("location"), { redirect: "manual", headers });
const back = approved.headers.get("location");
const install = await (await fetch(back, { headers: { ...headers, cookie } })).json();
const again = await fetch(back, { headers: { ...headers, cookie } });
const forged = await fetch(back.replace(/hmac=[^&]*/, `hmac=${"0".repeat(64)}`), { headers: { ...headers, cookie } });

// The session token of an embedded app, as App Bridge gives it.
const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const now = Math.floor(Date.now() / 1000);
const claims = { iss: `https://${shop}/admin`, dest: `https://${shop}`, aud: apiKey, sub: "1", exp: now + 60, nbf: now };
const unsigned = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
const sessionToken = `${unsigned}.${createHmac("sha256", apiSecretKey).update(unsigned).digest("base64url")}`;
const exchange = (requestedTokenType, expiring) =>
  shopify.auth.tokenExchange({ shop, sessionToken, requestedTokenType, expiring }).then(({ session }) => session);
const offline = await exchange(RequestedTokenType.OfflineAccessToken, true);
const online = await exchange(RequestedTokenType.OnlineAccessToken);
const refreshed = (await shopify.auth.refreshToken({ shop, refreshToken: install.refreshToken })).session;
const credentials = (await shopify.auth.clientCredentials({ shop })).session;

console.log(JSON.stringify({
  back: back.startsWith(`http://${address}/auth/callback`),
  install: [install.id, install.scope, install.isOnline],
  tokens: [install, offline, online, refreshed, credentials].map((each) => each.accessToken),
  refreshes: [install, offline, refreshed].map((each) => Boolean(each.refreshToken && each.refreshTokenExpires)),
  user: online.onlineAccessInfo.associated_user.email,
  again: again.status,
  forged: [forged.status, await forged.text()],
}));
server.close();
