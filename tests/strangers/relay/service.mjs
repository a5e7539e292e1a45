// The relay: Node alone, several calls at once, a journal as its memory. Names its orders; has no probes.
//
//     PORT=8080 … node tests/strangers/relay/service.mjs

import { pathToFileURL } from "node:url";

import { Relay } from "./relay.mjs";
import { Server, settings } from "./server.mjs";

export async function serve(relayOf = Relay, serverOf = Server) {
  const config = settings();
  const relay = new relayOf(config);
  new serverOf(config, relay).listen();
  await relay.start();
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await serve();
