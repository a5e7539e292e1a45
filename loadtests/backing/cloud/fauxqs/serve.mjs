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
// A long poll whose caller has gone must not take messages along: the next one would wait for them until the lease ends.
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
process.on("SIGTERM", () => process.exit(0)); // without waiting for long polls: nothing is kept anyhow
await app.listen({ host: "127.0.0.1", port: Number(PORT) });
