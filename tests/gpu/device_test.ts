import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { chooseAdapter, type FoundAdapter } from "../../src/gpu/adapter.ts";
import { openDevice, requiredLimits } from "../../src/gpu/device.ts";
import { GpuError } from "../../src/gpu/gpu_error.ts";
import { needs, testWith } from "../support/needs.ts";
import { waitFor } from "../support/wait_for.ts";

const GUARANTEED = {
  maxStorageBuffersPerShaderStage: 8,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
  maxComputeWorkgroupStorageSize: 16_384,
  maxComputeWorkgroupsPerDimension: 65_535,
  maxStorageBufferBindingSize: 134_217_728,
  maxBufferSize: 268_435_456,
};

Deno.test("every limit that matters is asked for as large as the adapter has it", () => {
  assertEquals(requiredLimits(GUARANTEED), GUARANTEED);
  const large = { ...GUARANTEED, maxBufferSize: 2 ** 40, maxStorageBuffersPerShaderStage: 32 };
  assertEquals(requiredLimits(large), large);
});

Deno.test("an adapter below what the shaders are written for is refused with the limit's name", () => {
  for (const name of Object.keys(GUARANTEED) as (keyof typeof GUARANTEED)[]) {
    const less = { ...GUARANTEED, [name]: GUARANTEED[name] - 1 };
    const error = assertThrows(() => requiredLimits(less), GpuError);
    assertEquals(
      [error.kind, error.message],
      ["validation", `The adapter has ${name} ${less[name]}, ${GUARANTEED[name]} are needed`],
    );
  }
});

Deno.test("a device that cannot be had is told with the adapter's name", async () => {
  const found = {
    name: "Broken 1",
    isSoftware: false,
    adapter: {
      limits: GUARANTEED,
      features: new Set(),
      requestDevice: () => Promise.reject(new Error("too hot")),
    },
  } as unknown as FoundAdapter;
  const error = await assertRejects(() => openDevice(found, { onError: () => {} }), GpuError);
  assertEquals([error.kind, error.message], ["internal", "Cannot open Broken 1: too hot"]);
});

testWith(
  await needs({ gpu: true }),
  "a device has its adapter's limits, tells errors that nothing caught, and that it was lost",
  async () => {
    const found = await chooseAdapter(navigator.gpu, "gpu");
    const errors: GpuError[] = [];
    const open = await openDevice(found, { onError: (error) => errors.push(error) });
    const { device } = open;
    assertEquals(open.adapter, { name: found.name, isSoftware: found.isSoftware });
    assertEquals(device.limits.maxBufferSize, found.adapter.limits.maxBufferSize);
    assertEquals(device.features.has("timestamp-query"), found.adapter.features.has("timestamp-query"));
    device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE });
    await waitFor(() => errors.length > 0, { what: "the uncaptured error" });
    assertEquals(errors[0]!.kind, "validation");
    assertStringIncludes(errors[0]!.message.toLowerCase(), "usage");
    assert(!open.isLost);
    device.destroy();
    await waitFor(() => open.isLost, { what: "news of the loss" });
  },
);
