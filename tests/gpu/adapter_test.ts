import { assert, assertEquals, assertRejects } from "@std/assert";
import { type AdapterSource, chooseAdapter, describeAdapter, findAdapters } from "../../src/gpu/adapter.ts";
import { GpuError } from "../../src/gpu/gpu_error.ts";
import { needs, testWith } from "../support/needs.ts";

type Info = Partial<GPUAdapterInfo> & { readonly isFallbackAdapter?: boolean };

function adapter(info: Info): GPUAdapter {
  return {
    info: { vendor: "", architecture: "", device: "", description: "", ...info },
  } as unknown as GPUAdapter;
}

/** A machine with one adapter for each kind of request. */
function machine(high: Info | null, low: Info | null = high, fallback: Info | null = null): AdapterSource {
  return {
    requestAdapter: (options) => {
      const info = options?.forceFallbackAdapter
        ? fallback
        : options?.powerPreference === "low-power"
        ? low
        : high;
      return Promise.resolve(info && adapter(info));
    },
  };
}

const H200 = { vendor: "4318", device: "9013", description: "NVIDIA H200" };
const ARC = { vendor: "32902", device: "22176", description: "Intel(R) Arc(tm) Graphics" };
const PIPE = { vendor: "65541", description: "llvmpipe (LLVM 15.0.6, 256 bits)", isFallbackAdapter: true };

async function lackOf(gpu: AdapterSource | undefined, wish: string): Promise<string> {
  const error = await assertRejects(() => chooseAdapter(gpu, wish), GpuError);
  assertEquals(error.kind, "no-adapter");
  return error.message;
}

Deno.test("adapters are told apart by what they say of themselves, the fast one first", async () => {
  const names = async (gpu: AdapterSource | undefined) => (await findAdapters(gpu)).map(({ name }) => name);
  assertEquals(await names(machine(H200, ARC, PIPE)), [H200.description, ARC.description, PIPE.description]);
  assertEquals(await names(machine(PIPE, PIPE, PIPE)), [PIPE.description]);
  assertEquals((await names(machine(H200, { ...H200, device: "1" }))).length, 2);
  assertEquals(await names(machine(null)), []);
  assertEquals(await names(undefined), []);
});

Deno.test("auto takes hardware only, gpu takes software where there is nothing else", async () => {
  assertEquals((await chooseAdapter(machine(H200, ARC, PIPE), "auto")).name, "NVIDIA H200");
  assertEquals((await chooseAdapter(machine(PIPE, ARC, PIPE), "auto")).name, ARC.description);
  assertEquals((await chooseAdapter(machine(PIPE, ARC, PIPE), "gpu")).name, ARC.description);
  assertEquals((await chooseAdapter(machine(PIPE), "gpu")).name, PIPE.description);
  assertEquals(
    await lackOf(machine(PIPE), "auto"),
    "There is no hardware WebGPU adapter on this machine, only: llvmpipe (LLVM 15.0.6, 256 bits) (software)",
  );
  for (const wish of ["auto", "gpu", "arc"]) {
    assertEquals(await lackOf(machine(null), wish), "There is no WebGPU adapter on this machine");
  }
});

Deno.test("a part of a name chooses, in any letter case, and one that fits none lists what was found", async () => {
  const gpu = machine(H200, ARC, PIPE);
  for (const [wish, expected] of [["h200", H200], ["ARC(TM)", ARC], ["LLVMpipe", PIPE]] as const) {
    assertEquals((await chooseAdapter(gpu, wish)).name, expected.description);
  }
  assertEquals(
    await lackOf(gpu, "radeon"),
    'No WebGPU adapter has "radeon" in its name; found: NVIDIA H200; Intel(R) Arc(tm) Graphics; ' +
      "llvmpipe (LLVM 15.0.6, 256 bits) (software)",
  );
});

Deno.test("software is known by the flag or by its name, and an adapter without a description by its parts", async () => {
  const first = async (info: Info) => (await findAdapters(machine(info)))[0]!;
  for (const description of ["SwiftShader Device (Subzero)", "Microsoft Basic Render Driver", "lavapipe"]) {
    assert((await first({ description })).isSoftware, description);
  }
  assert((await first({ description: "Anything", isFallbackAdapter: true })).isSoftware);
  for (const description of ["NVIDIA H200", "Warpzone 9000"]) {
    assert(!(await first({ description })).isSoftware);
  }
  assertEquals((await first({ vendor: "apple", architecture: "m9" })).name, "apple m9");
  assertEquals((await first({})).name, "unnamed adapter");
  assertEquals(describeAdapter({ name: "x", isSoftware: false }), "x");
});

testWith(await needs({ gpu: true }), "this machine's adapter is found by name and by gpu", async () => {
  const found = await chooseAdapter(navigator.gpu, "gpu");
  assertEquals((await chooseAdapter(navigator.gpu, found.name.slice(1, 6).toUpperCase())).name, found.name);
});
