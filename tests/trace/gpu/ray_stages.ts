import traceRaysText from "../../../shaders/trace/trace_rays.wgsl" with { type: "text" };
import { ShaderSource, type Stage } from "../../../src/gpu/mod.ts";
import { traceParts } from "../../../src/trace/picture_stages.ts";
import type { TreeKind } from "../../../src/tree/mod.ts";

/** The stage that traces rays as they are given, by the kind of the scene. */
export const RAY_STAGES: Readonly<Record<TreeKind, Stage>> = {
  esvo: rayStage("esvo"),
  esvt: rayStage("esvt"),
};

function rayStage(kind: TreeKind): Stage {
  const file = { path: "trace/trace_rays.wgsl", text: traceRaysText };
  return { name: `trace_rays_${kind}`, source: new ShaderSource(file, traceParts(kind)) };
}
