import type { Page } from "playwright-core";
import type { Recording, Stage } from "../../src/gpu/mod.ts";
import { launchBrowser } from "./launch.ts";

/** A shader that the browser does not take. */
export interface CompileFault {
  readonly stage: string;
  /** From 1; 0 if the browser does not say. */
  readonly line: number;
  readonly message: string;
}

/** An empty page with a device for computing. */
export interface ComputePage extends AsyncDisposable {
  /** Compiles stages; those without fault can be run from then on. */
  compile(stages: readonly Stage[]): Promise<CompileFault[]>;
  /** Runs a recording of such stages. @returns the words read */
  run(recording: Recording): Promise<number[][]>;
}

/** What the page keeps from call to call. */
interface PageState {
  device: GPUDevice;
  pipelines: Map<string, GPUComputePipeline>;
}

/** Opens one; closing it ends the browser. */
export async function openComputePage(): Promise<ComputePage> {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    // Only pages of a host like this one have WebGPU. Nobody listens there; the answer comes from here.
    await page.route("http://localhost/", (route) => route.fulfill({ contentType: "text/html", body: "" }));
    await page.goto("http://localhost/");
    await page.evaluate(openDevice);
    return {
      compile: (stages) => compile(page, stages),
      run: (recording) => run(page, recording),
      [Symbol.asyncDispose]: () => browser.close(),
    };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

async function compile(page: Page, stages: readonly Stage[]): Promise<CompileFault[]> {
  return await page.evaluate(
    compileStages,
    stages.map(({ name, source, constants }) => ({ name, code: source.code, constants: { ...constants } })),
  );
}

async function run(page: Page, recording: Recording): Promise<number[][]> {
  const buffers = Array.from(recording.buffers, ([name, { bytes, content, isIndirect }]) => {
    const words = new Uint32Array(bytes / 4);
    if (typeof content !== "string") {
      const source = new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
      new Uint8Array(words.buffer).set(source);
    }
    return { name, words: [...words], isIndirect };
  });
  const dispatches = recording.dispatches.map(({ stage, buffers, workgroups }) => ({
    stage: stage.name,
    buffers: [...buffers],
    args: "args" in workgroups ? workgroups.args : undefined,
    workgroups: "args" in workgroups ? [workgroups.word] : [...workgroups],
  }));
  const reads = recording.reads.map(({ buffer, bytes }) => ({ buffer, bytes }));
  return await page.evaluate(runRecording, { buffers, dispatches, reads });
}

/* What follows runs in the page, and so refers to nothing outside of itself. */

async function openDevice(): Promise<void> {
  const adapter = await navigator.gpu.requestAdapter();
  if (adapter === null) throw new Error("The browser has no WebGPU adapter");
  const device = await adapter.requestDevice();
  Object.assign(globalThis, { computing: { device, pipelines: new Map() } });
}

async function compileStages(
  stages: { name: string; code: string; constants: Record<string, number> }[],
): Promise<{ stage: string; line: number; message: string }[]> {
  const { device, pipelines } = (globalThis as unknown as { computing: PageState }).computing;
  const faults: { stage: string; line: number; message: string }[] = [];
  for (const { name, code, constants } of stages) {
    const module = device.createShaderModule({ code });
    const { messages } = await module.getCompilationInfo();
    for (const { type, lineNum, message } of messages) {
      if (type === "error") faults.push({ stage: name, line: lineNum, message });
    }
    if (messages.some(({ type }) => type === "error")) continue;
    try {
      const compute = { module, entryPoint: "main", constants };
      pipelines.set(name, await device.createComputePipelineAsync({ layout: "auto", compute }));
    } catch (error) {
      faults.push({ stage: name, line: 0, message: String(error) });
    }
  }
  return faults;
}

async function runRecording(recording: {
  buffers: { name: string; words: number[]; isIndirect: boolean }[];
  dispatches: { stage: string; buffers: string[]; args: string | undefined; workgroups: number[] }[];
  reads: { buffer: string; bytes: number }[];
}): Promise<number[][]> {
  const { device, pipelines } = (globalThis as unknown as { computing: PageState }).computing;
  const buffers = new Map<string, GPUBuffer>();
  for (const { name, words, isIndirect } of recording.buffers) {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const buffer = device.createBuffer({
      size: 4 * words.length,
      usage: isIndirect ? usage | GPUBufferUsage.INDIRECT : usage,
    });
    device.queue.writeBuffer(buffer, 0, Uint32Array.from(words));
    buffers.set(name, buffer);
  }
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  for (const { stage, buffers: bound, args, workgroups } of recording.dispatches) {
    const pipeline = pipelines.get(stage)!;
    pass.setPipeline(pipeline);
    const entries = bound.map((name, binding) => ({ binding, resource: { buffer: buffers.get(name)! } }));
    pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
    if (args === undefined) pass.dispatchWorkgroups(workgroups[0]!, workgroups[1]!);
    else pass.dispatchWorkgroupsIndirect(buffers.get(args)!, 4 * workgroups[0]!);
  }
  pass.end();
  const staging = recording.reads.map(({ buffer, bytes }) => {
    const target = device.createBuffer({
      size: bytes,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    encoder.copyBufferToBuffer(buffers.get(buffer)!, 0, target, 0, bytes);
    return target;
  });
  device.queue.submit([encoder.finish()]);
  const reads: number[][] = [];
  for (const buffer of staging) {
    await buffer.mapAsync(GPUMapMode.READ);
    reads.push([...new Uint32Array(buffer.getMappedRange())]);
  }
  return reads;
}
