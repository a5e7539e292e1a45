// Leads TLS connections for one host to another address: STOCKSTORM_LEADS="shop.myshopify.com=127.0.0.1:9443".
//
// Node heeds HTTPS_PROXY from version 22.21 and 24.5 on, with NODE_USE_ENV_PROXY=1. An older one loads this file before
// the program: NODE_OPTIONS=--require=…/shop_domain.cjs. Certificates are checked as for the host itself.

"use strict";

const [host, target] = (process.env.STOCKSTORM_LEADS || "").split("=");

if (target && !process.allowedNodeEnvironmentFlags.has("--use-env-proxy")) {
  const tls = require("node:tls");
  const { syncBuiltinESMExports } = require("node:module");
  const colon = target.lastIndexOf(":");
  const address = { host: target.slice(0, colon).replace(/[[\]]/g, ""), port: Number(target.slice(colon + 1)), path: undefined };
  const connect = tls.connect;
  tls.connect = function led(options, ...rest) {
    const leads = options && typeof options === "object" && !options.socket && options.host === host
      && Number(options.port || 443) === 443;
    return connect.call(this, leads ? { servername: host, ...options, ...address } : options, ...rest);
  };
  syncBuiltinESMExports();
}
