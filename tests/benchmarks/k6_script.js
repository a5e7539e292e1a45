// What a shop would write in k6: samples of real events made unique, signed and sent at a constant arrival rate.
import http from "k6/http";
import crypto from "k6/crypto";
import exec from "k6/execution";

const SECRET = __ENV.SECRET;
const SAMPLES = JSON.parse(open(__ENV.SAMPLES));
const SPLICED = __ENV.SPLICE ? SAMPLES.map((sample) => JSON.stringify(sample).slice(1)) : [];
const RATE = Number(__ENV.RATE);

export const options = {
  discardResponseBodies: true,
  scenarios: {
    events: {
      executor: "constant-arrival-rate",
      rate: RATE,
      timeUnit: "1s",
      duration: `${__ENV.SECONDS}s`,
      preAllocatedVUs: Number(__ENV.PREPARED_USERS),
      maxVUs: Math.max(Number(__ENV.PREPARED_USERS), Number(__ENV.USERS)),
    },
  },
};

// The next event: a sample with an id of its own.
function uniqueBody(serial) {
  if (SPLICED.length > 0) {
    return `{"uid":${serial},${SPLICED[serial % SPLICED.length]}`;
  }
  const event = SAMPLES[serial % SAMPLES.length];
  event.id = 10000000 + serial;
  return JSON.stringify(event);
}

export default function () {
  const serial = exec.scenario.iterationInTest;
  const body = uniqueBody(serial);
  http.post(__ENV.URL, body, {
    headers: {
      "Content-Type": "application/json",
      "X-Shopify-Topic": "orders/create",
      "X-Shopify-Shop-Domain": "stockstorm-demo.myshopify.com",
      "X-Shopify-Webhook-Id": `webhook-${serial}`,
      "X-Shopify-Hmac-Sha256": crypto.hmac("sha256", SECRET, body, "base64"),
    },
  });
}
