// An append-only file of JSON lines: what was accepted, and which writes to the shop are under way or done.

import { appendFileSync, existsSync, readFileSync } from "node:fs";

export class Journal {
  constructor(path) {
    this.path = path;
  }

  // Returns when the line is in the file.
  add(kind, value) {
    appendFileSync(this.path, `${JSON.stringify([kind, value])}\n`);
  }

  // What a former process wrote. A last line that was cut off was never acknowledged.
  past() {
    if (!existsSync(this.path)) return [];
    const lines = readFileSync(this.path, "utf8").split("\n");
    lines.pop();
    return lines.map((line) => JSON.parse(line));
  }
}
