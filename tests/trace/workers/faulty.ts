/** Opens a device that fails every band. */
import { runFakeWorker } from "./fake_worker.ts";

runFakeWorker(({ type }) => {
  return type === "band" ? { type: "failed", reason: "device", message: "out of order" } : undefined;
});
