import { chooseAdapter, GpuError, openDevice } from "../gpu/mod.ts";
import { GpuBands, type OpenPictures } from "./gpu_bands.ts";
import { GpuPictures } from "./gpu_pictures.ts";
import { RequestLoop } from "./request_loop.ts";
import { type TraceWorkerScope, workerMemoryBytes } from "./trace_worker_scope.ts";

/** Makes what draws on a device. */
export type CreatePictures = (device: GPUDevice) => Promise<Pick<GpuPictures, "band" | "dispose">>;

const createPictures: CreatePictures = (device) => GpuPictures.create(device);

/** Serves the messages of the GPU's Worker. */
export function runGpuWorker(scope: TraceWorkerScope, create: CreatePictures = createPictures): void {
  let loop: RequestLoop | undefined;
  scope.onmessage = async ({ data }) => {
    if (data.type !== "open") {
      loop?.add(data);
      return;
    }
    const bands = new GpuBands({
      open: () => open(scope, data.wish, create),
      onLost: (message) => scope.postMessage({ type: "lost", message }, []),
    });
    try {
      const adapter = await bands.open();
      loop = new RequestLoop(
        bands,
        (reply, transfer) => scope.postMessage(reply, transfer),
        workerMemoryBytes,
      );
      scope.postMessage({ type: "opened", adapter }, []);
    } catch (error) {
      const kind = error instanceof GpuError ? error.kind : "internal";
      const message = error instanceof Error ? error.message : String(error);
      scope.postMessage({ type: "refused", kind, message }, []);
    }
  };
}

async function open(scope: TraceWorkerScope, wish: string, create: CreatePictures): Promise<OpenPictures> {
  const opened = await openDevice(await chooseAdapter(navigator.gpu, wish), {
    onError: ({ kind, message }) => scope.postMessage({ type: "stray", kind, message }, []),
  });
  const { device, adapter } = opened;
  let pictures: Awaited<ReturnType<CreatePictures>>;
  try {
    pictures = await create(device);
  } catch (error) {
    device.destroy();
    throw error;
  }
  return {
    adapter,
    pictures,
    get isLost(): boolean {
      return opened.isLost;
    },
    close(): void {
      pictures.dispose();
      device.destroy();
    },
  };
}
