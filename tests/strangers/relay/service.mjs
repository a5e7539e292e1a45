// The relay as a service: node tests/strangers/relay/service.mjs, with PORT and the other settings in the environment.

import { Relay } from "./relay.mjs";
import { Server, settings } from "./server.mjs";

const config = settings();
const relay = new Relay(config);
new Server(config, relay).listen();
await relay.start();
