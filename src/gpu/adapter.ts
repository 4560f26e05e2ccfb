import { GpuError } from "./gpu_error.ts";

/** What people are told of an adapter. */
export interface AdapterSummary {
  readonly name: string;
  /** Whether it computes on the CPU: right, but slower than code made for the CPU. */
  readonly isSoftware: boolean;
}

/** An adapter that was found. */
export interface FoundAdapter extends AdapterSummary {
  readonly adapter: GPUAdapter;
}

/** The part of `navigator.gpu` that is used. */
export type AdapterSource = Pick<GPU, "requestAdapter">;

/** WebGPU cannot list adapters; these requests reach different ones where there are several. */
const REQUESTS: readonly GPURequestAdapterOptions[] = [
  { powerPreference: "high-performance" },
  { powerPreference: "low-power" },
  { forceFallbackAdapter: true },
];

/** Software that admits to be no hardware in its name only. */
const SOFTWARE_NAME = /llvmpipe|lavapipe|softpipe|swiftshader|basic render|\bwarp\b/i;

/**
 * The different adapters of this machine, as far as requests reach them; the one of high performance first.
 *
 * @param gpu `navigator.gpu`; undefined where the runtime has no WebGPU
 */
export async function findAdapters(gpu: AdapterSource | undefined): Promise<FoundAdapter[]> {
  const found = new Map<string, FoundAdapter>();
  if (gpu === undefined) return [];
  for (const request of REQUESTS) {
    const adapter = await gpu.requestAdapter(request);
    if (adapter === null) continue;
    const { vendor, architecture, device } = adapter.info;
    const summary = summarize(adapter.info);
    const key = JSON.stringify([summary, vendor, architecture, device]);
    if (!found.has(key)) found.set(key, { ...summary, adapter });
  }
  return [...found.values()];
}

/**
 * Chooses an adapter.
 *
 * @param wish `auto` for hardware only, `gpu` for hardware before software, or a part of the name in any letter case
 * @throws GpuError `no-adapter`, naming what was found
 */
export async function chooseAdapter(gpu: AdapterSource | undefined, wish: string): Promise<FoundAdapter> {
  const found = await findAdapters(gpu);
  const hardware = found.find(({ isSoftware }) => !isSoftware);
  const part = wish.toLowerCase();
  const chosen = wish === "auto"
    ? hardware
    : wish === "gpu"
    ? hardware ?? found[0]
    : found.find(({ name }) => name.toLowerCase().includes(part));
  if (chosen === undefined) throw new GpuError("no-adapter", lack(wish, found));
  return chosen;
}

/** Name and nature of an adapter. Drivers fill in what they like. */
function summarize(info: GPUAdapterInfo): AdapterSummary {
  const parts = [info.vendor, info.architecture, info.device].filter((part) => part !== "");
  const name = info.description.trim() || parts.join(" ") || "unnamed adapter";
  const { isFallbackAdapter } = info as GPUAdapterInfo & { readonly isFallbackAdapter?: boolean };
  return { name, isSoftware: isFallbackAdapter === true || SOFTWARE_NAME.test(name) };
}

/** An adapter as it stands in messages. */
export function describeAdapter({ name, isSoftware }: AdapterSummary): string {
  return isSoftware ? `${name} (software)` : name;
}

function lack(wish: string, found: readonly FoundAdapter[]): string {
  if (found.length === 0) return "There is no WebGPU adapter on this machine";
  const list = found.map(describeAdapter).join("; ");
  if (wish === "auto") return `There is no hardware WebGPU adapter on this machine, only: ${list}`;
  return `No WebGPU adapter has ${JSON.stringify(wish)} in its name; found: ${list}`;
}
