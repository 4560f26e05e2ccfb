/** A GPU Worker whose batches fail by the key of their first voxel; see `WHIMS`. */
import type { GpuWorkerScope } from "../../../../src/build/gpu/gpu_worker.ts";
import { GpuError } from "../../../../src/gpu/gpu_error.ts";
import { WHIMS } from "../whims.ts";
import { runFakeGpuWorker } from "./fake_gpu_worker.ts";

let losses = 0;

runFakeGpuWorker({
  maxRegions: 16,
  onCollect: (gpu, ids) => {
    for (const id of ids) {
      while (id === WHIMS.hang);
      if (id === WHIMS.crash) setTimeout(() => Promise.reject(new Error("crash on purpose")), 0);
      if (id === WHIMS.stray) {
        const scope = globalThis as unknown as GpuWorkerScope;
        scope.postMessage({ type: "stray", kind: "validation", message: "stray on purpose" }, []);
      }
      if (id === WHIMS.fail) throw new GpuError("validation", "refused on purpose");
      if (id === WHIMS.lose && losses++ === 0) {
        gpu.isLost = true;
        throw new GpuError("lost", "lost on purpose");
      }
    }
  },
  outcome: (id) => id === WHIMS.wrong ? new RangeError("wrong on purpose") : undefined,
}, { maxRegions: 16 });
