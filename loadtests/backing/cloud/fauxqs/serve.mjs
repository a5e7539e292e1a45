// fauxqs on loopback only and silent. Its own command line listens on every address and logs every request.
// PACKAGE_FOLDER is where fauxqs is installed, PORT where to listen; both are required.
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const { PACKAGE_FOLDER, PORT } = process.env;
const load = (...path) => import(pathToFileURL(join(PACKAGE_FOLDER, "dist", ...path)).href);
const { buildApp } = await load("app.js");
const { SqsStore } = await load("sqs", "sqsStore.js");
const sqsStore = new SqsStore();
sqsStore.host = ""; // queue URLs then carry the address that was asked, not sqs.<region>.localhost, which few resolve
const app = buildApp({ logger: false, defaultRegion: "us-east-1", stores: { sqsStore } });
process.on("SIGTERM", () => app.close().then(() => process.exit(0)));
await app.listen({ host: "127.0.0.1", port: Number(PORT) });
