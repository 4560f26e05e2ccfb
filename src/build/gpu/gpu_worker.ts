import { chooseAdapter, type DeviceEvents, openDevice } from "../../gpu/mod.ts";
import { BatchBuilder, type BatchBuilderOptions } from "./batch_builder.ts";
import { BatchLoop, type OpenGpu } from "./batch_loop.ts";
import type { BatchMaker } from "./flight.ts";
import type { GpuBatchLimits, GpuReplyMessage, GpuRequestMessage } from "./worker_messages.ts";

/** The part of a Worker's global scope that is used; the project's type check runs with the types of a window. */
export interface GpuWorkerScope {
  onmessage: ((event: MessageEvent<GpuRequestMessage>) => void) | null;
  postMessage(message: GpuReplyMessage, transfer: Transferable[]): void;
}

/** Makes what builds batches on a device. */
export type CreateMaker = (device: GPUDevice, options: BatchBuilderOptions) => Promise<BatchMaker>;

const createBatchBuilder: CreateMaker = (device, options) => BatchBuilder.create(device, options);

/** Serves the messages of a GPU Worker. Reads the clock itself, as none can be passed to another thread. */
export function runGpuWorker(scope: GpuWorkerScope, create: CreateMaker = createBatchBuilder): void {
  let loop: BatchLoop | undefined;
  /** What builds on a device whose memory is the process's own. */
  let softwareMaker: BatchMaker | undefined;
  scope.onmessage = ({ data }) => {
    if (data.type === "build") {
      loop?.add(data.jobs);
      return;
    }
    const { wish, options } = data;
    const events: DeviceEvents = {
      onError: ({ kind, message }) => scope.postMessage({ type: "stray", kind, message }, []),
    };
    loop = new BatchLoop({
      open: () =>
        openGpu(wish, events, async (device, isSoftware) => {
          const maker = await create(device, limitsOf(options, isSoftware));
          softwareMaker = isSoftware ? maker : undefined;
          return maker;
        }),
      post(message, transfer) {
        scope.postMessage(message, transfer);
        if (message.type === "batch") scope.postMessage(memoryOf(softwareMaker), []);
      },
      pause: () => new Promise((resolve) => setTimeout(resolve, 0)),
      nowMs: () => performance.now(),
    });
    loop.start();
  };
}

function memoryOf(softwareMaker: BatchMaker | undefined): GpuReplyMessage {
  const { heapTotal, external } = Deno.memoryUsage();
  return { type: "memory", bytes: heapTotal + external + (softwareMaker?.bytes ?? 0) };
}

/** Software takes a hundred times as long over a batch, and nothing can be told or stopped meanwhile. */
function limitsOf(options: GpuBatchLimits, isSoftware: boolean): BatchBuilderOptions {
  const { maxBatchVoxels, maxSoftwareBatchVoxels } = options;
  if (!isSoftware) return options;
  return { ...options, maxBatchVoxels: Math.min(maxBatchVoxels, maxSoftwareBatchVoxels) };
}

async function openGpu(
  wish: string,
  events: DeviceEvents,
  create: (device: GPUDevice, isSoftware: boolean) => Promise<BatchMaker>,
): Promise<OpenGpu> {
  const open = await openDevice(await chooseAdapter(navigator.gpu, wish), events);
  const { device, adapter } = open;
  let maker: BatchMaker;
  try {
    maker = await create(device, adapter.isSoftware);
  } catch (error) {
    device.destroy();
    throw error;
  }
  return {
    adapter,
    maker,
    get isLost(): boolean {
      return open.isLost;
    },
    close(): void {
      maker.dispose();
      device.destroy();
    },
  };
}
