/**
 * The real GPU Worker, except that its first device is destroyed while the last band of a picture
 * is on it.
 */
import { GpuPictures } from "../../../src/trace/gpu_pictures.ts";
import { runGpuWorker } from "../../../src/trace/gpu_requests.ts";
import type { TraceWorkerScope } from "../../../src/trace/trace_worker_scope.ts";

let devices = 0;

runGpuWorker(globalThis as unknown as TraceWorkerScope, async (device) => {
  const pictures = await GpuPictures.create(device);
  const isFirst = devices++ === 0;
  return {
    band: (scene, view, band) => {
      const made = pictures.band(scene, view, band);
      if (isFirst && band.firstRow + band.rows === view.heightPx) device.destroy();
      return made;
    },
    dispose: () => pictures.dispose(),
  };
});
