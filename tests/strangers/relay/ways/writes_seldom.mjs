// The same relay, which lists at once and writes to the shop every few seconds: what is not written is held back.

import { Relay } from "../relay.mjs";
import { serve } from "../service.mjs";

const EVERY_MS = 4000;

class Seldom extends Relay {
  mayWrite = false;

  async start() {
    setInterval(() => {
      this.mayWrite = true;
      this.work();
      this.mayWrite = false;
    }, EVERY_MS);
    await super.start();
  }

  writing() {
    return this.mayWrite && super.writing();
  }
}

await serve(Seldom);
