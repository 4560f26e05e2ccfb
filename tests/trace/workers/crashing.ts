/** Dies over the first band or pick. */
import { runFakeWorker } from "./fake_worker.ts";

runFakeWorker(({ type }) => {
  if (type === "band" || type === "pick") throw new Error("the worker broke");
  return undefined;
});
