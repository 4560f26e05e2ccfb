import dispatchText from "../../shaders/shared/dispatch.wgsl" with { type: "text" };
import esvoText from "../../shaders/trace/esvo.wgsl" with { type: "text" };
import esvtText from "../../shaders/trace/esvt.wgsl" with { type: "text" };
import pictureText from "../../shaders/trace/picture.wgsl" with { type: "text" };
import rayText from "../../shaders/trace/ray.wgsl" with { type: "text" };
import sceneText from "../../shaders/trace/scene.wgsl" with { type: "text" };
import shadeText from "../../shaders/trace/shade.wgsl" with { type: "text" };
import { type ShaderFile, ShaderSource, type Stage } from "../gpu/mod.ts";
import type { TreeKind } from "../tree/mod.ts";

const TRAVERSE: Readonly<Record<TreeKind, ShaderFile>> = {
  esvo: { path: "trace/esvo.wgsl", text: esvoText },
  esvt: { path: "trace/esvt.wgsl", text: esvtText },
};

/** The shared parts of stages that trace scenes of a kind. */
export function traceParts(kind: TreeKind): ReadonlyMap<string, ShaderFile> {
  return new Map<string, ShaderFile>([
    ["dispatch", { path: "shared/dispatch.wgsl", text: dispatchText }],
    ["ray", { path: "trace/ray.wgsl", text: rayText }],
    ["scene", { path: "trace/scene.wgsl", text: sceneText }],
    ["shade", { path: "trace/shade.wgsl", text: shadeText }],
    ["traverse", TRAVERSE[kind]],
  ]);
}

/** The stage that draws, by the kind of its scenes. */
export const PICTURE_STAGES: Readonly<Record<TreeKind, Stage>> = {
  esvo: pictureStage("esvo"),
  esvt: pictureStage("esvt"),
};

function pictureStage(kind: TreeKind): Stage {
  const file = { path: "trace/picture.wgsl", text: pictureText };
  return { name: `picture_${kind}`, source: new ShaderSource(file, traceParts(kind)) };
}
