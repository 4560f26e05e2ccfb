/** Finds no adapter. */
import { runFakeWorker } from "./fake_worker.ts";

runFakeWorker(({ type }) => {
  if (type !== "open") return undefined;
  return { type: "refused", kind: "no-adapter", message: "There is no WebGPU adapter on this machine" };
});
