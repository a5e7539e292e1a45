// For a test: reads JSON lists of notifications from stdin, and writes what each list makes the shop change, by SKU.
// Between two notifications every second act is written, so that some orders are cancelled before and some after. What
// makes no sense is left out.

import { readFileSync } from "node:fs";

import { Orders, mustCount } from "./orders.mjs";

function totals(notifications) {
  const orders = new Orders();
  const changed = {};
  const write = (acts) => {
    for (const [sku, delta] of acts.flatMap((act) => act.deltas)) changed[sku] = (changed[sku] ?? 0) + delta;
    orders.take(acts);
  };
  notifications.forEach((each, n) => {
    try {
      mustCount(each);
    } catch {
      return;
    }
    orders.tell(each);
    if (n % 2) write([...orders.acts.values()]);
  });
  write([...orders.acts.values()]);
  return changed;
}

const lists = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(lists.map(totals)));
