/** Opens a device that no scene fits. */
import { runFakeWorker } from "./fake_worker.ts";

runFakeWorker(({ type }) => {
  return type === "band" ? { type: "failed", reason: "too-large", message: "the device binds 3" } : undefined;
});
