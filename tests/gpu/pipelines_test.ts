import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { GpuError } from "../../src/gpu/gpu_error.ts";
import { compileStages } from "../../src/gpu/pipelines.ts";
import { type ShaderFile, ShaderSource, type Stage } from "../../src/gpu/mod.ts";
import { testOnDevice } from "../build/gpu/test_device.ts";

const BODY = `
@group(0) @binding(0) var<storage, read_write> out: array<u32>;

@compute @workgroup_size(1)
fn main() {
  out[0] = shared_value() + COUNT;
}
`;
const GOOD_PART = "fn shared_value() -> u32 {\n  return 1u;\n}\n";
const COUNT = "const COUNT = 5u;\n";

function stage(body: string, part: string = GOOD_PART): Stage {
  const file = (path: string, text: string): ShaderFile => ({ path, text });
  const shared = new Map([
    ["count", file("shared/count.wgsl", COUNT)],
    ["value", file("shared/value.wgsl", part)],
  ]);
  const own = file("build/sample.wgsl", `// Needs: count, value\n${body}`);
  return { name: "sample", source: new ShaderSource(own, shared) };
}

async function faultOf(device: GPUDevice, own: Stage): Promise<GpuError> {
  const error = await assertRejects(() => compileStages(device, [own]), GpuError);
  assertEquals(error.kind, "shader");
  return error;
}

testOnDevice("Stages that compile are had by name", async (device) => {
  const pipelines = await compileStages(device, [stage(BODY)]);
  assertEquals([...pipelines.keys()], ["sample"]);
});

testOnDevice(
  "A stage that does not compile is named with file, line, what stands there and what is wrong",
  async (device) => {
    const { message } = await faultOf(device, stage(BODY.replace("COUNT", "MISSING")));
    assertStringIncludes(message, "Shader build/sample.wgsl:7 does not compile");
    assertStringIncludes(message, `"out[0] = shared_value() + MISSING;"`);
    assertStringIncludes(message, "MISSING", "the device's words");
  },
);

testOnDevice("A fault in a shared part is told where it stands, and so is one of grammar", async (device) => {
  const wrongType = await faultOf(device, stage(BODY, GOOD_PART.replace("1u", "true")));
  assertStringIncludes(wrongType.message, "Shader shared/value.wgsl:");
  const grammar = await faultOf(device, stage(BODY, GOOD_PART.replace("return 1u;", "return return;")));
  assertStringIncludes(grammar.message, `Shader shared/value.wgsl:2 does not compile at "return return;"`);
});

testOnDevice("A stage whose entry is not there is named, too", async (device) => {
  const { message } = await faultOf(device, stage(BODY.replace("fn main", "fn begin")));
  assertStringIncludes(message, "sample");
});

testOnDevice("After a stage that does not compile the next does", async (device) => {
  await faultOf(device, stage("no shader at all"));
  await compileStages(device, [stage(BODY)]);
});
