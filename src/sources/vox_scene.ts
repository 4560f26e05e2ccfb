import { ImportError } from "./import_error.ts";
import type { ImportLimits } from "./import_limits.ts";
import { IDENTITY, type VoxFile, type VoxNode, type VoxTransform } from "./vox_file.ts";

/** One showing of a model: which, where, and whether something above it in the scene is hidden. */
export interface VoxInstance {
  readonly model: number;
  readonly transform: VoxTransform;
  /** Why it is not shown; undefined when it is. */
  readonly dropped: string | undefined;
}

export const HIDDEN = "hidden node or layer";
export const LATER_FRAME = "later animation frame";

interface Visit {
  readonly id: number;
  readonly transform: VoxTransform;
  readonly hidden: boolean;
  readonly depth: number;
  /** Set on the way back: the node's children are done. */
  readonly leaving: boolean;
}

/**
 * Walks the scene graph from node 0 and lists what it shows. Without a graph (version 150 files that hold models only)
 * the models stand side by side along x, one cell apart, on one floor.
 *
 * Throws ImportError for a missing node, a cycle, or a graph beyond the limits. A node shared by several parents is fine
 * and is visited once for each way to it, which is what `maxSceneNodes` bounds.
 */
export function listInstances(file: VoxFile, limits: ImportLimits): VoxInstance[] {
  if (file.nodes.size === 0) return standInRow(file);
  const instances: VoxInstance[] = [];
  const onPath = new Set<number>();
  const stack: Visit[] = [{ id: 0, transform: IDENTITY, hidden: false, depth: 0, leaving: false }];
  let parentOffset = 0;
  let visits = 0;
  for (let visit = stack.pop(); visit !== undefined; visit = stack.pop()) {
    if (visit.leaving) {
      onPath.delete(visit.id);
      continue;
    }
    const node = file.nodes.get(visit.id);
    if (node === undefined) throw graphError("INVALID", parentOffset, `node ${visit.id}`, "it is missing");
    if (onPath.has(visit.id)) {
      throw graphError(
        "INVALID",
        node.offset,
        "a scene graph without cycles",
        `node ${visit.id} holds itself`,
      );
    }
    if (++visits > limits.maxSceneNodes) {
      throw graphError("LIMIT", node.offset, `at most ${limits.maxSceneNodes} scene nodes`, "found more");
    }
    if (visit.depth > limits.maxSceneDepth) {
      throw graphError("LIMIT", node.offset, `nesting of at most ${limits.maxSceneDepth}`, "found deeper");
    }
    parentOffset = node.offset;
    onPath.add(visit.id);
    stack.push({ ...visit, leaving: true });
    visitNode(file, node, visit, stack, instances, limits);
  }
  return instances;
}

function visitNode(
  file: VoxFile,
  node: VoxNode,
  visit: Visit,
  stack: Visit[],
  instances: VoxInstance[],
  limits: ImportLimits,
): void {
  const hidden = visit.hidden || node.hidden;
  const depth = visit.depth + 1;
  if (node.kind === "transform") {
    const layerHidden = file.layers.get(node.layer)?.hidden ?? false;
    const transform = combine(visit.transform, node.transform);
    stack.push({ id: node.child, transform, hidden: hidden || layerHidden, depth, leaving: false });
    return;
  }
  if (node.kind === "group") {
    if (node.children.length + stack.length > limits.maxSceneNodes) {
      throw graphError("LIMIT", node.offset, `at most ${limits.maxSceneNodes} scene nodes`, "found more");
    }
    for (let i = node.children.length - 1; i >= 0; i--) {
      stack.push({ id: node.children[i]!, transform: visit.transform, hidden, depth, leaving: false });
    }
    return;
  }
  for (const [models, reason] of [[node.models, undefined], [node.laterModels, LATER_FRAME]] as const) {
    for (const model of models) {
      if (file.models[model] === undefined) {
        throw graphError("INVALID", node.offset, `a model below ${file.models.length}`, `found ${model}`);
      }
      if (instances.length >= limits.maxSceneNodes) {
        throw graphError("LIMIT", node.offset, `at most ${limits.maxSceneNodes} shown models`, "found more");
      }
      instances.push({ model, transform: visit.transform, dropped: hidden ? HIDDEN : reason });
    }
  }
}

/** `outer` after `inner`. */
function combine(outer: VoxTransform, inner: VoxTransform): VoxTransform {
  const moved = rotate(outer, inner.translation);
  return {
    axes: [inner.axes[outer.axes[0]]!, inner.axes[outer.axes[1]]!, inner.axes[outer.axes[2]]!],
    signs: [
      outer.signs[0] * inner.signs[outer.axes[0]]!,
      outer.signs[1] * inner.signs[outer.axes[1]]!,
      outer.signs[2] * inner.signs[outer.axes[2]]!,
    ],
    translation: [
      moved[0] + outer.translation[0],
      moved[1] + outer.translation[1],
      moved[2] + outer.translation[2],
    ],
  };
}

function rotate(transform: VoxTransform, p: readonly [number, number, number]): [number, number, number] {
  const { axes, signs } = transform;
  return [signs[0] * p[axes[0]]!, signs[1] * p[axes[1]]!, signs[2] * p[axes[2]]!];
}

function standInRow(file: VoxFile): VoxInstance[] {
  const instances: VoxInstance[] = [];
  let x = 0;
  for (let model = 0; model < file.models.length; model++) {
    const [sx, sy, sz] = file.models[model]!.size;
    const translation = [x + (sx >> 1), sy >> 1, sz >> 1] as const; // Undoes the pivot: the low corner at (x, 0, 0).
    instances.push({ model, transform: { ...IDENTITY, translation }, dropped: undefined });
    x += sx + 1;
  }
  return instances;
}

function graphError(code: "INVALID" | "LIMIT", offset: number, expected: string, found: string): ImportError {
  return new ImportError({ code, format: ".vox", offset, path: "scene graph", expected, found });
}
