import { GpuError } from "./gpu_error.ts";
import type { Stage } from "./recording.ts";

/** Compiled stages of one device. */
export type Pipelines = ReadonlyMap<string, GPUComputePipeline>;

/**
 * Compiles stages.
 *
 * @throws GpuError `shader` naming the first stage that does not compile, with file, line and the device's words; `lost`
 * if the device went away meanwhile
 */
export async function compileStages(device: GPUDevice, stages: readonly Stage[]): Promise<Pipelines> {
  const pipelines = new Map<string, GPUComputePipeline>();
  for (const stage of stages) pipelines.set(stage.name, await compileStage(device, stage));
  return pipelines;
}

async function compileStage(device: GPUDevice, stage: Stage): Promise<GPUComputePipeline> {
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ label: stage.name, code: stage.source.code });
  const pipeline = device.createComputePipeline({
    label: stage.name,
    layout: "auto",
    compute: { module, entryPoint: "main", constants: stage.constants ?? {} },
  });
  const error = await device.popErrorScope();
  if (error === null) return pipeline;
  const { messages } = await module.getCompilationInfo();
  const first = messages.find(({ type }) => type === "error");
  const { place, text } = first === undefined
    ? { place: stage.name, text: "" }
    : stage.source.locate(first.lineNum);
  const told = text === "" ? "" : ` at "${text}"`;
  throw new GpuError("shader", `Shader ${place} does not compile${told}: ${error.message}`, { cause: error });
}
