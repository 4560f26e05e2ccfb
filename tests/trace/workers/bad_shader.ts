/** Finds that a shader does not compile. */
import { runFakeWorker } from "./fake_worker.ts";

runFakeWorker(({ type }) => {
  return type === "open"
    ? { type: "refused", kind: "shader", message: "Shader trace/esvo.wgsl:7" }
    : undefined;
});
