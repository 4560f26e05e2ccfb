/** Loaded before the program: the Worker that builds on the GPU is replaced by one whose batches do not end. */
const RealWorker = globalThis.Worker;

globalThis.Worker = class extends RealWorker {
  constructor(url: string | URL, options?: WorkerOptions) {
    const isGpu = String(url).endsWith("/src/build/gpu/worker.ts");
    super(isGpu ? new URL("../../build/gpu/workers/endless.ts", import.meta.url) : url, options);
  }
};
