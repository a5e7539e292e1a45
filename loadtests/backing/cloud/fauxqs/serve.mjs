// fauxqs on loopback only, without request logs. Its own command line listens on every address and logs every request.
// Required: PACKAGE_FOLDER, where fauxqs is installed, and PORT.
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const { PACKAGE_FOLDER, PORT } = process.env;
const load = (...path) => import(pathToFileURL(join(PACKAGE_FOLDER, "dist", ...path)).href);
const { buildApp } = await load("app.js");
const { SqsStore } = await load("sqs", "sqsStore.js");
const sqsStore = new SqsStore();
sqsStore.host = ""; // queue URLs then have the address of the request, not sqs.<region>.localhost, which few systems resolve
const app = buildApp({ logger: false, defaultRegion: "us-east-1", stores: { sqsStore } });
// A long poll whose caller has disconnected must not lease messages: the next caller would wait for the end of the lease.
app.addHook("preSerialization", async (request, _reply, answer) => {
  const { destroyed, readableEnded } = request.raw.socket;
  if ((destroyed || readableEnded) && answer?.Messages) {
    const queue = sqsStore.getQueue(request.body.QueueUrl);
    for (const { ReceiptHandle } of answer.Messages) {
      queue.inflightMessages.get(ReceiptHandle).message.approximateReceiveCount -= 1;
      queue.changeVisibility(ReceiptHandle, 0);
    }
  }
  return answer;
});
process.on("SIGTERM", () => process.exit(0)); // without waiting for long polls: nothing is stored
await app.listen({ host: "127.0.0.1", port: Number(PORT) });
