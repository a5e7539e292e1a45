// A file of JSON lines, only ever appended to: what was accepted, and which writes to the shop are under way or done.

import { appendFileSync, existsSync, readFileSync } from "node:fs";

export class Store {
  constructor(path) {
    this.path = path;
    this.seen = new Set();
    this.lines = this.read();
    for (const line of this.lines) if (line.id) this.seen.add(line.id);
  }

  // Stores an event before it is acknowledged. Undefined for one that is known: Shopify and marketplaces repeat themselves.
  add(id, event) {
    if (this.seen.has(id)) return undefined;
    this.write({ id, ...event });
    this.seen.add(id);
    return event;
  }

  write(line) {
    appendFileSync(this.path, `${JSON.stringify(line)}\n`);
  }

  // What a process before this one wrote. A last line that was cut off was never acknowledged.
  read() {
    if (!existsSync(this.path)) return [];
    return readFileSync(this.path, "utf8").split("\n").slice(0, -1).map((line) => JSON.parse(line));
  }
}
