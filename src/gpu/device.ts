import { type AdapterSummary, describeAdapter, type FoundAdapter } from "./adapter.ts";
import { GpuError } from "./gpu_error.ts";

/** A device, and what befalls it. */
export interface OpenDevice {
  readonly device: GPUDevice;
  readonly adapter: AdapterSummary;
  /** Whether the device has gone away, `destroy` included. */
  readonly isLost: boolean;
}

/** What is told of a device outside of the calls made to it. */
export interface DeviceEvents {
  /** An error that no error scope caught. */
  onError(error: GpuError): void;
}

/** Least values that the shaders are written for: just what WebGPU guarantees. */
const LEAST_LIMITS = {
  maxStorageBuffersPerShaderStage: 8,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupStorageSize: 16_384,
  maxComputeWorkgroupsPerDimension: 65_535,
  maxStorageBufferBindingSize: 128 * 1024 * 1024,
  maxBufferSize: 256 * 1024 * 1024,
} as const;

type LimitName = keyof typeof LEAST_LIMITS;

const LIMIT_NAMES = Object.keys(LEAST_LIMITS) as readonly LimitName[];

/** The timestamps that tell how long the device worked; not every device has them. */
const OPTIONAL_FEATURES: readonly GPUFeatureName[] = ["timestamp-query"];

/**
 * What to ask of an adapter: everything that it has of the limits that matter here, as a device gets only the guaranteed
 * minimum otherwise.
 *
 * @throws GpuError `validation` if one is less than the shaders need
 */
export function requiredLimits(limits: Readonly<Record<LimitName, number>>): Record<LimitName, number> {
  const required = { ...LEAST_LIMITS } as Record<LimitName, number>;
  for (const name of LIMIT_NAMES) {
    if (limits[name] < LEAST_LIMITS[name]) {
      throw new GpuError(
        "validation",
        `The adapter has ${name} ${limits[name]}, ${LEAST_LIMITS[name]} are needed`,
      );
    }
    required[name] = limits[name];
  }
  return required;
}

/**
 * Opens a device of an adapter.
 *
 * @throws GpuError `validation` if the adapter is too small for the shaders, `internal` if the device cannot be had
 */
export async function openDevice(found: FoundAdapter, events: DeviceEvents): Promise<OpenDevice> {
  const { adapter, name, isSoftware } = found;
  const limits = requiredLimits(adapter.limits);
  let device: GPUDevice;
  try {
    device = await adapter.requestDevice({
      requiredFeatures: OPTIONAL_FEATURES.filter((feature) => adapter.features.has(feature)),
      requiredLimits: limits,
    });
  } catch (cause) {
    throw new GpuError("internal", `Cannot open ${describeAdapter(found)}: ${messageOf(cause)}`, { cause });
  }
  let isLost = false;
  device.lost.then(() => isLost = true);
  // Without a listener such an error is not shown anywhere.
  device.addEventListener("uncapturederror", (event) => {
    const { error } = event as GPUUncapturedErrorEvent;
    events.onError(new GpuError(kindOf(error), error.message, { cause: error }));
  });
  return {
    device,
    adapter: { name, isSoftware },
    get isLost(): boolean {
      return isLost;
    },
  };
}

function kindOf(error: GPUError): GpuError["kind"] {
  if (error instanceof GPUOutOfMemoryError) return "out-of-memory";
  return error instanceof GPUValidationError ? "validation" : "internal";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
