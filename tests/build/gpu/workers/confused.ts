/** A GPU Worker that answers jobs that were never sent. */
import type { GpuWorkerScope } from "../../../../src/build/gpu/gpu_worker.ts";

const scope = globalThis as unknown as GpuWorkerScope;
scope.onmessage = ({ data }) => {
  if (data.type === "open") {
    scope.postMessage({ type: "opened", adapter: { name: "Odd", isSoftware: false } }, []);
  } else scope.postMessage({ type: "built", firstId: 7, outcomes: [], jobMs: 0 }, []);
};
