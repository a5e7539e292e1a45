// What the environment says.

export function settings(env) {
  return {
    port: Number(env.PORT ?? 3000),
    address: env.APP_URL ?? `http://127.0.0.1:${env.PORT ?? 3000}`, // where this app is reached
    data: env.DATA_FILE ?? "events.jsonl",
    shop: env.SHOP,
    apiVersion: env.SHOPIFY_API_VERSION ?? "2026-07",
    apiSecretKey: env.SHOPIFY_API_SECRET,
    accessToken: env.SHOPIFY_ACCESS_TOKEN,
    marketplaces: env.MARKETPLACES.split(","),
    marketplacesUrl: env.MARKETPLACES_URL,
    marketplaceToken: env.MARKETPLACE_TOKEN,
    marketplaceSecret: env.MARKETPLACE_SECRET,
  };
}
