import { ShaderSource, type Stage } from "../../src/gpu/mod.ts";

/**
 * A stage with bindings of arrays.
 *
 * @param bindings names in order; as `name`, `name:write` or `name:read:TYPE`, of words by default
 * @param body what each thread does, `i` being its number among all
 */
export function testStage(name: string, bindings: readonly string[], body: string = ""): Stage {
  const declared = bindings.map((binding, index) => {
    const [own, access, type = "u32"] = binding.split(":");
    const storage = access === "write" ? "read_write" : "read";
    return `@group(0) @binding(${index}) var<storage, ${storage}> ${own}: array<${type}>;\n`;
  });
  const text = `${declared.join("")}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = id.x;
  ${body}
}
`;
  return { name, source: new ShaderSource({ path: `test/${name}.wgsl`, text }, new Map()) };
}
